/** What of whoever starts it decides where models may come from; what is absent keeps what s.yaml says. */
export function pullVariables(environment: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      /^(PULL_[A-Z_]+|MODEL_BUCKETS|MODEL_ACCESS_KEY_(ID|SECRET)|REGISTRY_KEY|OLLAMA_VERSION)$/.test(
        entry[0],
      ) && entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

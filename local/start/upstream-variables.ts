/**
 * The variables of whoever starts it that upstreams in the catalog may name. Those of our own functions come
 * from s.yaml: that of a shell would send calls, or the secret, to another installation's.
 */
export function upstreamVariables(environment: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      /^UPSTREAM_(?!CUSTOM_AGENT_|OLLAMA_PROXY_)[A-Z0-9_]+$/.test(entry[0]) && entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

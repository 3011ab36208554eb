/** In .env.example, for what somebody has to look up: no id and no address has so many. */
const EXAMPLE = /x{8}|y{8}/;

/** Function Compute makes these up at the first deploy, which has to go without them. */
const LATER = /^(CUSTOM_AGENT_URL|MODEL_PULL_URL|OLLAMA_PROXY(_B)?_URL|LOBECHAT_ROUTER_URL)$/;

/** What still says what .env.example says. */
export function unfinished(environment: Readonly<Record<string, string>>) {
  const names = Object.keys(environment).filter((name) => EXAMPLE.test(environment[name]!));
  return {
    problems: names
      .filter((name) => !LATER.test(name))
      .map((name) => `${name}: is still that of .env.example`),
    notes: names
      .filter((name) => LATER.test(name))
      .map(
        (name) =>
          `${name}: is still that of .env.example. After the first deploy, look it up and deploy again.`,
      ),
  };
}

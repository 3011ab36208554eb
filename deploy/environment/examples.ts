import { ofOtherProviders } from './across-lobechat.ts';

/** In .env.example, for what is the operator's alone: no id, name and address has so many. */
const EXAMPLE = /x{8}|y{8}/;

/** Function Compute makes these up at the first deploy, which has to go without them. */
const LATER = /^(CUSTOM_AGENT_URL|MODEL_PULL_URL|OLLAMA_PROXY(_B)?_URL|LOBECHAT_ROUTER_URL)$/;

/** What still says what .env.example says and cannot be right. Before the first deploy some of it has to wait. */
export function unfinished(environment: Readonly<Record<string, string>>, isFirst: boolean) {
  const others = ofOtherProviders(environment);
  const names = Object.keys(environment).filter(
    (name) => EXAMPLE.test(environment[name]!) && !others.has(name),
  );
  const waits = (name: string) => isFirst && LATER.test(name);
  return {
    problems: names.filter((name) => !waits(name)).map(problemOf),
    notes: names
      .filter(waits)
      .map(
        (name) => `${name}: is still that of .env.example. After this deploy, look it up and deploy again.`,
      ),
  };
}

const problemOf = (name: string) =>
  LATER.test(name)
    ? `${name}: is still that of .env.example; look it up (docs/deploy.md), or say --first where it is not deployed yet`
    : `${name}: is still that of .env.example`;

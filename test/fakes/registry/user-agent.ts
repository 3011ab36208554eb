/** Which Ollama asks; undefined for whoever does not say so in its first word. */
const versionOf = (userAgent: string) => /^ollama\/(\d+)\.(\d+)\.(\d+)/.exec(userAgent)?.slice(1).map(Number);

/** Whether the client is of this version or newer (`0.40.0`). */
export function isAtLeast(userAgent: string, least: string): boolean {
  const has = versionOf(userAgent);
  const needs = versionOf(`ollama/${least}`);
  if (!has || !needs) return false;
  const at = has.findIndex((number, place) => number !== needs[place]);
  return at === -1 || has[at]! > needs[at]!;
}

/** As `registry.ollama.ai` says it (ollama/ollama#11675). */
export const NEWER_NEEDED =
  '\n\nThe model you are attempting to pull requires a newer version of Ollama.\n\nPlease download the latest version at:\n\n\thttps://ollama.com/download\n\n';

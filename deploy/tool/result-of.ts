/**
 * What a command with `-o json` gave, or undefined where it gave nothing.
 *
 * `s` prints its own lines before the result and, with its daemon switched off, after it, all to standard output. And it ends
 * with 0 when a component throws under `-o json`: that there is no result is the only sign of it (proven with 3.1.10).
 */
export function resultOf(stdout: string): unknown {
  const lines = stdout.split('\n');
  const heading = lines.findLastIndex((line) => line.includes('Result for ['));
  if (heading < 0) return undefined;
  const rest = lines.slice(heading + 2); // after the line of ===
  const end = rest.findIndex((line) => /^(\[\]|\{\}|\]|\}|[^[{\s].*)$/.test(line));
  return parsed(rest.slice(0, end < 0 ? undefined : end + 1).join('\n'));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

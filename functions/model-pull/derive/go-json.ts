/**
 * JSON as Go's encoder writes a map: keys sorted, `<`, `>` and `&` escaped, a line end at the end. So a layer that we
 * write has the digest that Ollama's would have.
 */
export function goJson(fields: Record<string, unknown>): Buffer {
  const sorted = Object.fromEntries(Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1)));
  const text = JSON.stringify(sorted).replace(/[<>&\u2028\u2029]/g, escaped);
  return Buffer.from(`${text}\n`);
}

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

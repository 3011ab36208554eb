/** Name and value by turns, as node:http gives and takes them; a name may come more than once. */
type RawHeaders = readonly string[];

export function* pairsOf(raw: RawHeaders): Generator<[name: string, value: string]> {
  for (let index = 0; index + 1 < raw.length; index += 2) yield [raw[index]!, raw[index + 1]!];
}

/** As they stand on the wire: `name: value` and the end of the line. */
export function headerBytes(raw: RawHeaders): number {
  let bytes = 0;
  for (const [name, value] of pairsOf(raw)) bytes += name.length + value.length + 4; // latin1: a character is a byte
  return bytes;
}

/** What belongs to one connection and not to the message (RFC 9110, 7.6.1), in lower case. */
export function connectionHeaders(raw: RawHeaders): Set<string> {
  const names = new Set(hopByHop);
  for (const [name, value] of pairsOf(raw)) {
    if (name.toLowerCase() !== 'connection') continue;
    for (const token of value.split(',')) names.add(token.trim().toLowerCase());
  }
  return names;
}

const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

import { isUtf8 } from 'node:buffer';
import { GatewayError } from '#shared/errors.ts';
import { excessOf, type FieldSpan, fieldSpans } from './json-bytes.ts';

/** A JSON object as its bytes and its value, whose top-level fields can be replaced without serialising the rest. */
export interface JsonDocument {
  readonly bytes: Buffer;
  readonly value: Readonly<Record<string, unknown>>;
}

/**
 * More than any prompt needs, be it the ids of tokens. Each costs some hundred bytes of memory and about a microsecond,
 * whatever is done with it: 32 MB of empty messages would stop the process for seconds, or for want of memory for ever.
 */
const VALUES_LIMIT = 500_000;

/**
 * Reads a JSON object.
 *
 * @throws GatewayError `invalid_request` when it is no UTF-8, no JSON, no object, nested deeper than the limit, or of
 *   too many values.
 */
export function readJsonDocument(bytes: Buffer, depthLimit: number): JsonDocument {
  if (bytes.length === 0) throw new GatewayError('invalid_request', 'The request has no body.');
  if (!isUtf8(bytes)) throw new GatewayError('invalid_request', 'The request body is not valid UTF-8.');
  // Before parsing: 32 MB of brackets would keep the parser busy for many seconds and fill the memory.
  const excess = excessOf(bytes, { depth: depthLimit, values: VALUES_LIMIT });
  if (excess === 'depth')
    throw new GatewayError('invalid_request', `The request body is nested deeper than ${depthLimit} levels.`);
  if (excess === 'values')
    throw new GatewayError('invalid_request', `The request body has more than ${VALUES_LIMIT} values.`);
  const value = parse(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new GatewayError('invalid_request', 'The request body must be a JSON object.');
  }
  return { bytes, value: value as Record<string, unknown> };
}

/**
 * The document's bytes with some top-level fields set, or taken out where their value is undefined; all others
 * stay byte for byte.
 *
 * @param decisive further fields that we decide by and pass on as they are.
 * @throws GatewayError `invalid_request` when one of all these stands there twice, or in another case:
 *   we would read one and the upstream perhaps the other.
 */
export function withFields(
  document: JsonDocument,
  fields: Readonly<Record<string, unknown>>,
  decisive: readonly string[] = [],
): Buffer {
  const { bytes } = document;
  const spans = fieldSpans(bytes);
  refuseTwins(spans, [...Object.keys(fields), ...decisive]);
  const parts: Buffer[] = [];
  const missing = new Set(Object.keys(fields));
  let from = 0;
  let kept = 0;
  for (const [index, { key, start, end }] of spans.entries()) {
    const isOurs = missing.delete(key);
    if (isOurs && fields[key] === undefined) {
      // With the comma before it; where nothing stays before it, with the one after it.
      parts.push(bytes.subarray(from, kept > 0 ? spans[index - 1]!.end : bytes.indexOf('{') + 1));
      from = kept > 0 || index === spans.length - 1 ? end : end + 1;
      continue;
    }
    kept += 1;
    if (!isOurs) continue;
    parts.push(bytes.subarray(from, start), Buffer.from(JSON.stringify(fields[key])));
    from = end;
  }
  const tail = bytes.subarray(from, bytes.lastIndexOf('}'));
  const added = [...missing]
    .filter((key) => fields[key] !== undefined)
    .map((key) => `${JSON.stringify(key)}:${JSON.stringify(fields[key])}`)
    .join(',');
  parts.push(tail, Buffer.from(`${added !== '' && kept > 0 ? ',' : ''}${added}}`));
  return Buffer.concat(parts);
}

/**
 * For a document that is passed on as it is.
 *
 * @throws GatewayError `invalid_request` when one of the fields that we decide by stands there twice, or in another case.
 */
export const requireSingle = ({ bytes }: JsonDocument, decisive: readonly string[]): void =>
  refuseTwins(fieldSpans(bytes), decisive);

/** Go's JSON reader takes `Model` for `model`, and `ſtream` for `stream`; of two it takes the last. */
function refuseTwins(spans: readonly FieldSpan[], names: readonly string[]): void {
  const byFolded = new Map(names.map((name) => [folded(name), name]));
  const seen = new Set<string>();
  for (const { key } of spans) {
    const name = byFolded.get(folded(key));
    if (name === undefined) continue;
    if (seen.has(name))
      throw new GatewayError('invalid_request', `"${name}" is given twice.`, { param: name });
    if (key !== name) {
      throw new GatewayError('invalid_request', `"${key}" must be written "${name}".`, { param: name });
    }
    seen.add(name);
  }
}

const folded = (key: string) => key.toUpperCase().toLowerCase();

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    // The parser's own words quote the body, which may be a prompt.
    throw new GatewayError('invalid_request', 'The request body is not valid JSON.', {
      cause: (cause as Error).name,
    });
  }
}

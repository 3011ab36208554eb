import { isUtf8 } from 'node:buffer';
import { GatewayError } from '#shared/errors.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Where a top-level field's value stands in the bytes: [start, end), blanks around it included. */
interface Span {
  key: string;
  start: number;
  end: number;
}

/** A JSON object as its bytes and its value, whose top-level fields can be replaced without serialising the rest. */
export interface JsonDocument {
  readonly bytes: Buffer;
  readonly value: Readonly<Record<string, unknown>>;
}

/**
 * Reads a JSON object.
 *
 * @throws GatewayError `invalid_request` when it is no UTF-8, no JSON, no object, or nested deeper than the limit.
 */
export function readJsonDocument(bytes: Buffer, depthLimit: number): JsonDocument {
  if (bytes.length === 0) throw new GatewayError('invalid_request', 'The request has no body.');
  if (!isUtf8(bytes)) throw new GatewayError('invalid_request', 'The request body is not valid UTF-8.');
  const value = parse(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new GatewayError('invalid_request', 'The request body must be a JSON object.');
  }
  if (scan(bytes).depth > depthLimit) {
    throw new GatewayError('invalid_request', `The request body is nested deeper than ${depthLimit} levels.`);
  }
  return { bytes, value: value as Record<string, unknown> };
}

/**
 * The document's bytes with some top-level fields set; all others stay byte for byte.
 *
 * @throws GatewayError `invalid_request` when one of these fields stands there twice: we would read one
 *   and the upstream perhaps the other.
 */
export function withFields(document: JsonDocument, fields: Readonly<Record<string, unknown>>): Buffer {
  const { bytes } = document;
  const spans = scan(bytes).spans.filter((span) => Object.hasOwn(fields, span.key));
  const parts: Buffer[] = [];
  const missing = new Set(Object.keys(fields));
  let from = 0;
  for (const { key, start, end } of spans) {
    if (!missing.delete(key))
      throw new GatewayError('invalid_request', `"${key}" is given twice.`, { param: key });
    parts.push(bytes.subarray(from, start), Buffer.from(JSON.stringify(fields[key])));
    from = end;
  }
  const tail = bytes.subarray(from, bytes.lastIndexOf(CLOSE_BRACE));
  const isEmpty = Object.keys(document.value).length === 0;
  const added = [...missing].map((key) => `${JSON.stringify(key)}:${JSON.stringify(fields[key])}`).join(',');
  parts.push(tail, Buffer.from(`${added !== '' && !isEmpty ? ',' : ''}${added}}`));
  return Buffer.concat(parts);
}

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

/** One pass over valid JSON: how deep it goes, and where the values of the outermost object stand. */
function scan(bytes: Buffer): { depth: number; spans: Span[] } {
  const spans: Span[] = [];
  let depth = 0;
  let deepest = 0;
  let string: [start: number, end: number] = [0, 0];
  let open: Span | undefined;
  for (let at = 0; at < bytes.length; at += 1) {
    switch (bytes[at]) {
      case QUOTE:
        string = [at, endOfString(bytes, at)];
        at = string[1] - 1;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1;
        deepest = Math.max(deepest, depth);
        break;
      case COLON:
        if (depth === 1)
          open = { key: JSON.parse(bytes.toString('utf8', ...string)) as string, start: at + 1, end: 0 };
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
      case COMMA:
        if (depth === 1 && open) {
          spans.push({ ...open, end: at });
          open = undefined;
        }
        if (bytes[at] !== COMMA) depth -= 1;
    }
  }
  return { depth: deepest, spans };
}

/** The index after the closing quote; `indexOf` skips a long prompt at the speed of memory. */
function endOfString(bytes: Buffer, start: number): number {
  let quote = bytes.indexOf(QUOTE, start + 1);
  while (isEscaped(bytes, quote)) quote = bytes.indexOf(QUOTE, quote + 1);
  return quote + 1;
}

function isEscaped(bytes: Buffer, at: number): boolean {
  let backslashes = 0;
  while (bytes[at - 1 - backslashes] === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}

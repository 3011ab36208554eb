const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Where a top-level field's value stands in the bytes: [start, end), blanks around it included. */
export interface FieldSpan {
  key: string;
  start: number;
  end: number;
}

interface Limits {
  depth: number;
  /** Of all kinds: texts, numbers, objects and so on. */
  values: number;
}

/** Which limit is passed, if any. Of bytes that may be no JSON at all: the answer is then of no interest, but it must come. */
export function excessOf(bytes: Buffer, limits: Limits): keyof Limits | undefined {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < bytes.length; at += 1) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfString(bytes, at) - 1;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1;
        if (depth > limits.depth) return 'depth';
        values += 1; // the first one in there
        break;
      case COMMA:
        values += 1;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth -= 1;
    }
    if (values > limits.values) return 'values';
  }
  return undefined;
}

/** The fields of the outermost object, in one pass over valid JSON. */
export function fieldSpans(bytes: Buffer): FieldSpan[] {
  const spans: FieldSpan[] = [];
  let depth = 0;
  let string: [start: number, end: number] = [0, 0];
  let open: FieldSpan | undefined;
  for (let at = 0; at < bytes.length; at += 1) {
    switch (bytes[at]) {
      case QUOTE:
        string = [at, endOfString(bytes, at)];
        at = string[1] - 1;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1;
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
  return spans;
}

/** The index after the closing quote; `indexOf` skips a long prompt at the speed of memory. */
function endOfString(bytes: Buffer, start: number): number {
  let quote = bytes.indexOf(QUOTE, start + 1);
  while (quote >= 0 && isEscaped(bytes, quote)) quote = bytes.indexOf(QUOTE, quote + 1);
  return quote < 0 ? bytes.length : quote + 1;
}

function isEscaped(bytes: Buffer, at: number): boolean {
  let backslashes = 0;
  while (bytes[at - 1 - backslashes] === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}

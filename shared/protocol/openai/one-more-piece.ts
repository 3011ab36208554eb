const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;

/** What is longer, native code that parses it counts faster than we. */
const LONG_STRING = 256;

/**
 * The characters of a frame that can only be one more piece of an unfinished choice, told by its looks; 0 when
 * it has none, undefined when the frame has to be parsed.
 *
 * Nearly all frames are such pieces, and to parse them would cost more than all else that is done for them. A
 * quote inside a JSON string is escaped, so none of these patterns can come from what the model wrote.
 */
export function charactersOfOneMorePiece(frame: Buffer): number | undefined {
  const text = frame.toString('latin1');
  if (!text.startsWith('data: {"') || !text.endsWith('}\n\n')) return undefined;
  if (text.indexOf('\n') !== text.length - 2) return undefined;
  const reason = text.indexOf(REASON);
  if (reason < 0 || !text.startsWith(UNFINISHED, reason)) return undefined;
  if (text.includes(REASON, reason + REASON.length)) return undefined;
  if (text.includes('error"') || /usage"(?!:null)/.test(text)) return undefined;
  const delta = text.indexOf(DELTA);
  if (delta < 0 || text.charCodeAt(delta - 1) !== QUOTE) return undefined;
  return charactersOfDelta(text, delta + DELTA.length);
}

// Without the quote before them: it stands all over JSON, and each one would be a place to look closer.
const REASON = 'finish_reason"';
const UNFINISHED = 'finish_reason":null';
const DELTA = 'delta":{';

/** Of a delta of texts and nulls under names that we know; thinking that is told under two names counts once. */
function charactersOfDelta(text: string, start: number): number | undefined {
  let at = start;
  let content = 0;
  let thinking = 0;
  while (text.charCodeAt(at) === QUOTE) {
    const value = text.indexOf('":', at + 1) + 2;
    const key = text.slice(at + 1, value - 2);
    const end = text.startsWith('null', value) ? value + 4 : endOfString(text, value);
    if (end < 0) return undefined;
    const characters = text.charCodeAt(value) === QUOTE ? charactersBetween(text, value + 1, end - 1) : 0;
    if (key === 'content') content = characters;
    else if (key === 'reasoning_content' || key === 'reasoning') thinking = Math.max(thinking, characters);
    else if (key !== 'role' && characters > 0) return undefined;
    at = text[end] === ',' ? end + 1 : end;
  }
  return text[at] === '}' ? content + thinking : undefined;
}

/** The index after the closing quote of the string that begins here; -1 when none does, or a long one. */
function endOfString(text: string, start: number): number {
  if (text.charCodeAt(start) !== QUOTE) return -1;
  const limit = Math.min(text.length, start + LONG_STRING);
  for (let at = start + 1; at < limit; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at += 1;
  }
  return -1;
}

/** The UTF-16 units of a JSON string, of which each character of `text` is a byte. */
function charactersBetween(text: string, start: number, end: number): number {
  let characters = 0;
  for (let at = start; at < end; at += 1) {
    const byte = text.charCodeAt(at);
    if (byte === BACKSLASH) at += text.charCodeAt(at + 1) === LETTER_U ? 5 : 1;
    // The first byte of each UTF-8 sequence counts; one of four bytes makes a pair.
    if (byte >= 0xf0) characters += 2;
    else if (byte < 0x80 || byte >= 0xc0) characters += 1;
  }
  return characters;
}

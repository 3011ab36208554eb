const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The index after the blank line that ends the frame which starts at `from`, or -1 when it is not complete. */
export function endOfFrame(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(NEWLINE, from); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
    if (bytes[at + 1] === NEWLINE) return at + 2;
    if (bytes[at + 1] === CARRIAGE_RETURN && bytes[at + 2] === NEWLINE) return at + 3;
  }
  return -1;
}

/** The frame's data; comments and other fields are none of our business. */
export function eventText(frame: Buffer): string {
  const lines = frame.toString('utf8').split(/\r?\n/);
  const data = lines.filter((line) => line.startsWith('data:'));
  return data.map((line) => line.slice(line[5] === ' ' ? 6 : 5)).join('\n');
}

/**
 * True for a frame that can only be one more piece of an unfinished choice, told by its looks.
 *
 * Nearly all frames are, and to parse them would cost more than all else that is done for them. A quote
 * inside a JSON string is escaped, so none of these patterns can come from what the model wrote; whatever
 * looks otherwise is parsed.
 */
export function isOneMorePiece(frame: Buffer): boolean {
  const text = frame.toString('latin1');
  if (!text.startsWith('data: {"') || !text.endsWith('}\n\n')) return false;
  if (text.indexOf('\n') !== text.length - 2 || text.includes('"error"')) return false;
  const reason = text.indexOf(UNFINISHED);
  if (reason < 0 || text.includes('"finish_reason"', reason + UNFINISHED.length)) return false;
  return text.indexOf('"finish_reason"') === reason && !/"usage"(?!:null)/.test(text);
}

const UNFINISHED = '"finish_reason":null';

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

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Cuts a stream of server-sent events into frames, whatever chunks they come in: each ends with a blank line.
 *
 * What came before is not looked at again, so that a frame of megabytes (an image) costs no more a byte than others.
 */
export class FrameSplitter {
  /** The frame that is not complete, in the chunks it came in. */
  #parts: Buffer[] = [];
  #restBytes = 0;
  /** Of the line that is not complete: how long it is, and whether it is a `\r` alone. */
  #lineBytes = 0;
  #lineIsReturn = false;

  /** The frames that this chunk completes. */
  split(chunk: Buffer): Buffer[] {
    const frames: Buffer[] = [];
    let frameStart = 0;
    let lineStart = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, lineStart)) {
      this.#lengthen(chunk, lineStart, end);
      const isBlank = this.#lineBytes === 0 || this.#lineIsReturn;
      this.#lineBytes = 0;
      this.#lineIsReturn = false;
      lineStart = end + 1;
      if (!isBlank) continue;
      frames.push(this.#complete(chunk.subarray(frameStart, lineStart)));
      frameStart = lineStart;
    }
    this.#lengthen(chunk, lineStart, chunk.length);
    if (frameStart < chunk.length) this.#keep(chunk.subarray(frameStart));
    return frames;
  }

  /** How much has come of the frame that is not complete. */
  get restBytes(): number {
    return this.#restBytes;
  }

  #lengthen(chunk: Buffer, from: number, to: number): void {
    if (to === from) return;
    this.#lineIsReturn = this.#lineBytes === 0 && to - from === 1 && chunk[from] === CARRIAGE_RETURN;
    this.#lineBytes += to - from;
  }

  #keep(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#restBytes += bytes.length;
  }

  #complete(bytes: Buffer): Buffer {
    if (this.#parts.length === 0) return bytes;
    const frame = Buffer.concat([...this.#parts, bytes]);
    this.#parts = [];
    this.#restBytes = 0;
    return frame;
  }
}

/** The frame's data; comments and other fields are none of our business. */
export function eventText(frame: Buffer): string {
  const text = frame.toString('utf8');
  if (text.startsWith('data: ') && text.indexOf('\n') === text.length - 2) return text.slice(6, -2); // as nearly all are
  const lines = text.split(/\r?\n/);
  const data = lines.filter((line) => line.startsWith('data:'));
  return data.map((line) => line.slice(line[5] === ' ' ? 6 : 5)).join('\n');
}

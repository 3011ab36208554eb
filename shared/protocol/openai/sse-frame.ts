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
  if (text.indexOf('\n') !== text.length - 2) return false;
  const reason = text.indexOf(REASON);
  if (reason < 0 || !text.startsWith(UNFINISHED, reason)) return false;
  if (text.includes(REASON, reason + REASON.length)) return false;
  return !text.includes('error"') && !/usage"(?!:null)/.test(text);
}

// Without the quote before them: it stands all over JSON, and each one would be a place to look closer.
const REASON = 'finish_reason"';
const UNFINISHED = 'finish_reason":null';

const NEWLINE = 0x0a;

/**
 * Cuts a stream of bytes into lines, whatever chunks they come in.
 *
 * It works on bytes, since a newline byte never stands inside a UTF-8 character while a chunk may well
 * end inside one. Lines are given without their `\n`; a `\r` before it is left to the reader.
 */
export class LineSplitter {
  readonly #limitBytes: number;
  /** What came after the last newline, in the chunks it came in: a long line is put together once. */
  #parts: Buffer[] = [];
  #restBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The lines that this chunk completes. */
  split(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      if (this.isOverlong) return lines;
      lines.push(this.#take());
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return lines;
  }

  /** A line has grown beyond the limit: nothing that follows can be trusted to be a line. */
  get isOverlong(): boolean {
    return this.#restBytes > this.#limitBytes;
  }

  /** What came after the last newline. */
  get rest(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #keep(bytes: Buffer): void {
    this.#restBytes += bytes.length;
    if (this.isOverlong) this.#parts = [];
    else this.#parts.push(bytes);
  }

  #take(): Buffer {
    const line = this.#parts.length === 1 ? this.#parts[0]! : this.rest;
    this.#parts = [];
    this.#restBytes = 0;
    return line;
  }
}

const NEWLINE = 0x0a;
const EMPTY = Buffer.alloc(0);

/**
 * Cuts a stream of bytes into lines, whatever chunks they come in.
 *
 * It works on bytes, since a newline byte never stands inside a UTF-8 character while a chunk may well
 * end inside one. Lines are given without their `\n`; a `\r` before it is left to the reader.
 */
export class LineSplitter {
  readonly #limitBytes: number;
  #rest: Buffer = EMPTY;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The lines that this chunk completes. @throws RangeError when a line grows beyond the limit. */
  split(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const line = chunk.subarray(start, end);
      lines.push(this.#rest.length === 0 ? line : Buffer.concat([this.#rest, line]));
      this.#rest = EMPTY;
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return lines;
  }

  /** What came after the last newline. */
  get rest(): Buffer {
    return this.#rest;
  }

  #keep(bytes: Buffer): void {
    if (this.#rest.length + bytes.length > this.#limitBytes) {
      throw new RangeError(`A line is longer than ${this.#limitBytes} bytes.`);
    }
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
  }
}

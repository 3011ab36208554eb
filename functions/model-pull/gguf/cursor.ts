import { GatewayError } from '#shared/errors.ts';

/** The bytes at hand are only the first of a file, and end before what was asked for. */
export class NeedsMore extends Error {}

export const refusedGguf = (problem: string): GatewayError =>
  new GatewayError('upstream_error', `The model file cannot be used: ${problem}.`);

/** Reads numbers and strings from the first bytes of a file of `fileBytes`, and never beyond either. */
export class Cursor {
  readonly #bytes: Buffer;
  readonly #fileBytes: number;
  #at = 0;

  constructor(bytes: Buffer, fileBytes: number) {
    this.#bytes = bytes;
    this.#fileBytes = fileBytes;
  }

  get at(): number {
    return this.#at;
  }

  /** @throws NeedsMore; GatewayError where the file itself ends before. */
  skip(size: number): number {
    const start = this.#at;
    if (start + size > this.#fileBytes) throw refusedGguf('it ends in the middle of its header');
    if (start + size > this.#bytes.length) throw new NeedsMore();
    this.#at = start + size;
    return start;
  }

  u8 = (): number => this.#bytes.readUInt8(this.skip(1));
  i8 = (): number => this.#bytes.readInt8(this.skip(1));
  u16 = (): number => this.#bytes.readUInt16LE(this.skip(2));
  i16 = (): number => this.#bytes.readInt16LE(this.skip(2));
  u32 = (): number => this.#bytes.readUInt32LE(this.skip(4));
  i32 = (): number => this.#bytes.readInt32LE(this.skip(4));
  f32 = (): number => shortest(this.#bytes.readFloatLE(this.skip(4)));
  u64 = (): number => Number(this.#bytes.readBigUInt64LE(this.skip(8)));
  i64 = (): number => Number(this.#bytes.readBigInt64LE(this.skip(8)));
  f64 = (): number => this.#bytes.readDoubleLE(this.skip(8));
  bool = (): boolean => this.u8() !== 0;

  /** A length or a number of things: more than `most` is nothing that a model has. */
  count(what: string, most: number): number {
    const count = this.u64();
    if (count > most) throw refusedGguf(`it has ${what} of ${count}, and more than ${most} is not taken`);
    return count;
  }

  string(what: string, mostBytes: number): string {
    const size = this.count(`${what} with a length`, mostBytes);
    const start = this.skip(size);
    return this.#bytes.toString('utf8', start, start + size);
  }
}

/** A float of 32 bits with no more digits than it needs: 0.00001, not 0.000009999999747378752 (as Go writes it). */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits += 1) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return value;
}

import type { ByteRange } from '../sources/source.ts';

/** Which bytes of a blob are there: ranges in order, none of which touch. */
export class ByteRanges {
  #ranges: readonly ByteRange[];

  constructor(ranges: readonly ByteRange[] = []) {
    this.#ranges = ranges;
  }

  get list(): readonly ByteRange[] {
    return this.#ranges;
  }

  get bytes(): number {
    return this.#ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** Up to here nothing is missing. */
  get frontier(): number {
    const [first] = this.#ranges;
    return first?.start === 0 ? first.end : 0;
  }

  add(added: ByteRange): void {
    if (added.start >= added.end) return;
    const apart = this.#ranges.filter(({ start, end }) => end < added.start || start > added.end);
    const joined = this.#ranges.filter((each) => !apart.includes(each));
    const start = Math.min(added.start, ...joined.map((each) => each.start));
    const end = Math.max(added.end, ...joined.map((each) => each.end));
    this.#ranges = [...apart, { start, end }].sort((a, b) => a.start - b.start);
  }

  /** What is not there of `size` bytes, from the first on, in pieces of at most `partBytes`. */
  *missing(size: number, partBytes: number): Generator<ByteRange> {
    let start = 0;
    for (const there of [...this.#ranges, { start: size, end: size }]) {
      for (; start < there.start; start += partBytes)
        yield { start, end: Math.min(start + partBytes, there.start) };
      start = there.end;
    }
  }
}

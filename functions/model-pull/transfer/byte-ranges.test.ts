import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ByteRange } from '../sources/source.ts';
import { ByteRanges } from './byte-ranges.ts';

const SIZE = 40;
const Range = fc
  .tuple(fc.nat(SIZE), fc.nat(SIZE))
  .map(([a, b]): ByteRange => ({ start: Math.min(a, b), end: Math.max(a, b) }));

const bytesIn = (ranges: Iterable<ByteRange>) =>
  [...ranges].flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i));

describe('the bytes that are there', () => {
  it('are those that were added, told in the fewest ranges', () => {
    void fc.assert(
      fc.property(fc.array(Range), (added) => {
        const there = new ByteRanges();
        for (const range of added) there.add(range);
        const bytes = [...new Set(bytesIn(added))].sort((a, b) => a - b);
        expect(bytesIn(there.list)).toEqual(bytes);
        expect(there.bytes).toBe(bytes.length);
        const gaps = bytes.filter((byte, i) => i > 0 && byte - bytes[i - 1]! > 1).length;
        expect(there.list).toHaveLength(bytes.length > 0 ? gaps + 1 : 0);
      }),
    );
  });

  it('and those that are missing are the whole, in order and in pieces', () => {
    void fc.assert(
      fc.property(fc.array(Range), fc.integer({ min: 1, max: 12 }), (added, partBytes) => {
        const there = new ByteRanges();
        for (const range of added) there.add(range);
        const missing = [...there.missing(SIZE, partBytes)];
        expect(missing.every(({ start, end }) => start < end && end - start <= partBytes)).toBe(true);
        expect(bytesIn(missing)).toEqual(bytesIn(missing).toSorted((a, b) => a - b));
        const all = [...bytesIn(there.list), ...bytesIn(missing)].sort((a, b) => a - b);
        expect(all).toEqual(bytesIn([{ start: 0, end: SIZE }]));
        expect(there.frontier).toBe(missing[0]?.start ?? SIZE);
      }),
    );
  });
});

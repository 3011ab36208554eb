import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from './refusal.ts';
import { readYuan, showYuan } from './yuan.ts';

describe('yuan', () => {
  it('are read back as they were shown, to the last micro-yuan', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (micro) => readYuan(showYuan(micro)) === micro));
  });

  it.each([
    [0, '0.00'],
    [1, '0.000001'],
    [500_000, '0.50'],
    [12_345_678, '12.345678'],
    [100_000_000, '100.00'],
    [-1_500_000, '-1.50'],
  ])('of %i micro-yuan are %s', (micro, text) => {
    expect(showYuan(micro)).toBe(text);
  });

  it.each(['', '-1', '1.', '.5', '1.2345678', '1,5', '1e3', 'NaN', '9999999999999', '9007199254.740993'])(
    'are not %j',
    (text) => {
      expect(() => readYuan(text)).toThrow(Refusal);
    },
  );
});

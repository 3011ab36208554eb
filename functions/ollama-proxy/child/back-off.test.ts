import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backOffMs } from './back-off.ts';

it('doubles the rest up to the most, and draws it between a half and the whole', () => {
  const backOff = { firstMs: 100, mostMs: 1_000 };
  const rests = [1, 2, 3, 4, 5, 1_000];
  expect(rests.map((attempt) => backOffMs(backOff, attempt, 1))).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect(rests.map((attempt) => backOffMs(backOff, attempt, 0))).toEqual([50, 100, 200, 400, 500, 500]);
});

it('is never longer than the most and never nothing', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, chance) => {
      const ms = backOffMs({ firstMs: 10, mostMs: 500 }, attempt, chance);
      expect(ms).toBeGreaterThanOrEqual(5);
      expect(ms).toBeLessThanOrEqual(500);
    }),
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitWeights, type Sums, USUAL, type Weights } from './fit.ts';

/** What a call's prompt is made of: latin, CJK and other characters, and messages. */
type Size = [number, number, number, number];

/** The sums over calls of a model with these true weights. */
function historyOf(truth: Weights, sizes: readonly Size[]): Sums {
  const xx = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => sum(sizes, (x) => x[i]! * x[j]!)));
  const xy = [0, 1, 2, 3].map((i) => sum(sizes, (x) => x[i]! * tokens(truth, x)));
  return { xx, xy };
}

const sum = (sizes: readonly Size[], of: (size: Size) => number) =>
  sizes.reduce((total, size) => total + of(size), 0);
const tokens = (weights: Weights, size: Size) =>
  sum([size], (x) => x.reduce((t, n, i) => t + n * weights[i]!, 0));
const times = (count: number, size: Size): Size[] => Array.from({ length: count }, () => size);

const LATIN_ONLY: Size = [2000, 0, 0, 2];
const MIXED: Size[] = [
  [4000, 0, 0, 3],
  [0, 1500, 0, 2],
  [500, 0, 900, 1],
  [1200, 300, 0, 12],
  [10, 10, 0, 1],
];
const NEVER: Sums = historyOf([0, 0, 0, 0], []);

describe('a model’s weights', () => {
  it('are the usual ones while it has no history', () => {
    expect(fitWeights(NEVER)).toEqual(USUAL.map((weight) => expect.closeTo(weight, 9)));
  });

  it('stay the usual ones where its history agrees with them', () => {
    expect(fitWeights(historyOf(USUAL, MIXED))).toEqual(USUAL.map((weight) => expect.closeTo(weight, 9)));
  });

  it('come nearer to the truth with each call, and are near it after some hundred', () => {
    const truth: Weights = [0.4, 1.1, 0.9, 14];
    const distance = (calls: number) => {
      const fitted = fitWeights(historyOf(truth, Array.from({ length: calls }, () => MIXED).flat()));
      return Math.hypot(...fitted.map((weight, i) => (weight - truth[i]!) / truth[i]!));
    };
    const distances = [0, 1, 10, 100, 1000].map(distance);
    expect(distances).toEqual(distances.toSorted((a, b) => b - a));
    expect(distances.at(-1)).toBeLessThan(0.02);
  });

  it('change where there is something to learn, and nowhere else', () => {
    const [latin, cjk, other] = fitWeights(historyOf([0.5, 3, 3, 8], times(200, LATIN_ONLY)));
    expect(latin).toBeCloseTo(0.5, 1);
    expect(cjk).toBeCloseTo(USUAL[1], 9);
    expect(other).toBeCloseTo(USUAL[2], 9);
  });

  it('predict prompts like those of the history better than the usual ones did', () => {
    const sizes = fc.array(fc.tuple(...[5000, 3000, 1000, 30].map((max) => fc.nat({ max }))), {
      minLength: 1,
    });
    const truths = fc.tuple(
      fc.double({ min: 0.05, max: 1.5, noNaN: true }),
      fc.double({ min: 0.1, max: 3, noNaN: true }),
      fc.double({ min: 0.1, max: 4, noNaN: true }),
      fc.double({ min: 0, max: 200, noNaN: true }),
    );
    const error = (weights: Weights, truth: Weights, calls: readonly Size[]) =>
      sum(calls, (size) => (tokens(weights, size) - tokens(truth, size)) ** 2);
    fc.assert(
      fc.property(truths, sizes, (truth, calls) => {
        const fitted = fitWeights(historyOf(truth, calls as Size[]));
        const before = error(USUAL, truth, calls as Size[]);
        expect(error(fitted, truth, calls as Size[])).toBeLessThanOrEqual(before * 1.0001 + 1e-6);
      }),
    );
  });

  it('are numbers within reason, whatever upstreams reported', () => {
    const entry = fc.double({ min: 0, max: 1e15, noNaN: true });
    const anyHistory = fc.tuple(
      fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()), { maxLength: 5 }),
      entry,
    );
    fc.assert(
      fc.property(anyHistory, ([calls, reported]) => {
        const { xx } = historyOf(USUAL, calls);
        const xy = [0, 1, 2, 3].map((i) => sum(calls, (x) => x[i]! * reported));
        const [latin, cjk, other, message] = fitWeights({ xx, xy });
        expect(latin).toBeGreaterThanOrEqual(0.05);
        expect(latin).toBeLessThanOrEqual(1.5);
        expect(cjk).toBeGreaterThanOrEqual(0.1);
        expect(cjk).toBeLessThanOrEqual(3);
        expect(other).toBeGreaterThanOrEqual(0.1);
        expect(other).toBeLessThanOrEqual(4);
        expect(message).toBeGreaterThanOrEqual(0);
        expect(message).toBeLessThanOrEqual(200);
      }),
    );
  });
});

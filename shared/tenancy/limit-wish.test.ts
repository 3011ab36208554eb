import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LimitWish, readLimit, readLimitKind, showAmount, showKind } from './limit-wish.ts';
import { Refusal } from './refusal.ts';

const METRICS = ['requests', 'tokens', 'cost'] as const;
const aWish = fc.oneof(
  fc.record({
    metric: fc.constantFrom(...METRICS),
    window: fc.constantFrom('hour', 'day', 'month', 'total' as const),
    amount: fc.maxSafeNat(),
  }),
  fc.record({
    metric: fc.constantFrom(...METRICS),
    window: fc.constant('minute' as const),
    amount: fc.integer({ min: 0, max: 100_000_000_000 }),
  }),
  fc.record({
    metric: fc.constant('parallel' as const),
    window: fc.constant('open' as const),
    amount: fc.maxSafeNat(),
  }),
);

describe('a limit as people write it', () => {
  it('is read as it is shown', () => {
    fc.assert(
      fc.property(aWish, (wish) => {
        expect(readLimit(`${showKind(wish)}=${wish.amount}`)).toEqual(wish);
        expect(readLimit(showAmount(wish))).toEqual(wish);
        expect(readLimitKind(showKind(wish))).toEqual({ metric: wish.metric, window: wish.window });
      }),
    );
  });

  it('is what the schema allows, or refused with a sentence', () => {
    const almost = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.string(), fc.string(), fc.string())
        .map(([metric, window, amount]) => `${metric}/${window}=${amount}`),
      fc
        .tuple(fc.constantFrom('tokens/day', 'parallel', 'cost/hour', 'tokens/minute'), fc.string())
        .map((parts) => parts.join('=')),
      fc.bigInt().map((amount) => `tokens/month=${amount}`),
      fc.double().map((amount) => `cost/month=${amount}yuan`),
    );
    fc.assert(
      fc.property(almost, (text) => {
        try {
          expect(LimitWish.safeParse(readLimit(text)).success).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['tokens/total=9007199254740992', { metric: 'tokens', window: 'total', amount: 2 ** 53 }],
    ['cost/month=0.1yuan', { metric: 'cost', window: 'month', amount: 100_000 }],
    ['cost/month=100', { metric: 'cost', window: 'month', amount: 100 }],
    ['parallel=0', { metric: 'parallel', window: 'open', amount: 0 }],
  ])('is, as %s, %j', (text, wish) => {
    expect(readLimit(text)).toEqual(wish);
  });

  it.each([
    ['tokens/month=-4', 'its amount must be a whole number from 0 to 2^53'],
    ['tokens/month=1.5', 'its amount must be a whole number from 0 to 2^53'],
    ['tokens/month=9007199254740993', 'its amount must be a whole number from 0 to 2^53'],
    ['tokens/month=many', 'its amount must be a whole number from 0 to 2^53'],
    ['tokens/week=5', "'week' is no window; there are minute, hour, day, month, total"],
    ['tokens=5', 'it names no window; there are minute, hour, day, month, total'],
    ['words/day=5', "'words' is no metric; there are requests, tokens, cost, parallel"],
    ['parallel/open=5', 'parallel has no window: write parallel=4'],
    ['tokens/day=5yuan', 'yuan are for cost alone'],
    ['tokens/minute=100000000001', 'a minute can have at most 100000000000'],
    ['100', 'write metric/window=amount, such as tokens/month=1000000, cost/day=5yuan, parallel=4'],
  ])('is not %s, which is told', (text, why) => {
    expect(() => readLimit(text)).toThrow(`'${text}' is no limit: ${why}.`);
  });

  it.each([
    '',
    '=',
    'tokens/day',
    'tokens/day=',
    'tokens//day=1',
    'tokens/day=1=2',
    'parallel/=1',
    'tokens/open=1',
    'cost/day=yuan',
    'tokens/day=0x10',
    'tokens/day=1e3',
    ' tokens/day=1',
    'tokens/day=٣',
  ])('is not %j', (text) => {
    expect(() => readLimit(text)).toThrow(Refusal);
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RetryBudget } from './retry-budget.ts';

it('allows a fifth of all calls, and a few more at first', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 500 }), (tries) => {
      const budget = new RetryBudget();
      let calls = 0;
      let allowed = 0;
      for (const isRetry of tries) {
        if (!isRetry) calls += 1;
        if (!isRetry) budget.earn();
        else if (budget.spend()) allowed += 1;
        expect(allowed).toBeLessThanOrEqual(20 + calls / 5 + 1e-6);
      }
    }),
  );
});

it('is there again when calls have come', () => {
  const budget = new RetryBudget();
  while (budget.spend()) {} // a storm
  for (let call = 0; call < 6; call += 1) budget.earn();
  expect([budget.spend(), budget.spend()]).toEqual([true, false]);
});

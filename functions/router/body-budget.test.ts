import { expect, it } from 'vitest';
import { thrownBy } from '#shared/fixtures/streams.ts';
import { BodyBudget } from './body-budget.ts';

it('has room for as many bytes as it says, and again when some are given back', () => {
  const budget = new BodyBudget(100);
  const giveBack = budget.take(60);
  budget.take(40);
  expect(thrownBy(() => budget.take(1))).toMatchObject({ failure: 'server_overloaded', retryAfterMs: 2_000 });
  giveBack();
  giveBack();
  budget.take(60);
  expect(thrownBy(() => budget.take(1))).toMatchObject({ status: 503 });
});

it('takes one body alone, however large: how large it may be is said elsewhere', () => {
  const budget = new BodyBudget(100);
  const giveBack = budget.take(1_000);
  expect(thrownBy(() => budget.take(1))).toMatchObject({ status: 503 });
  giveBack();
  budget.take(1_000);
});

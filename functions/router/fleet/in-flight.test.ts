import { expect, it } from 'vitest';
import { InFlight } from './in-flight.ts';

it('counts the calls of each upstream', () => {
  const calls = new InFlight();
  calls.add(1);
  calls.add(1);
  calls.add(2);
  calls.remove(1, false, 0);
  expect([1, 2, 3].map((id) => calls.at(id, 0))).toEqual([1, 1, 0]);
});

it('takes a slot for taken a while after its call was broken off', () => {
  const calls = new InFlight();
  calls.add(1);
  calls.add(1);
  calls.remove(1, true, 1_000);
  calls.remove(1, true, 2_000);
  expect([2_000, 5_999, 6_000, 6_999, 7_000].map((nowMs) => calls.at(1, nowMs))).toEqual([2, 2, 1, 1, 0]);
});

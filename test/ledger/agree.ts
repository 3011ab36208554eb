import { expect } from 'vitest';
import {
  countersOf,
  countersOfModel,
  holdFacts,
  holdsOfModel,
  isUsed,
  receiptFacts,
  receiptsOfModel,
  rollupsOfModel,
  sorted,
} from './facts.ts';
import { currentWindow, isBudget, isRate, type Limit, type Receipt, type World } from './model/world.ts';
import { named } from './observe.ts';
import type { LimitRow, Snapshot } from './snapshot.ts';

/** The ledger's tables say what the model says, and the invariants hold. `looseUs` = rounding of closed rates. */
export function expectAgreement(world: World, snapshot: Snapshot, looseUs = 0): void {
  expect(snapshot.drift, 'ledger_drift').toEqual([]);
  expect(countersOf(snapshot), 'counters').toEqual(countersOfModel(world));
  expect(sorted(snapshot.holds.map(holdFacts)), 'holds').toEqual(sorted(holdsOfModel(world)));
  expect(sorted(snapshot.receipts.map((row) => receiptFacts(world, row))), 'receipts').toEqual(
    sorted(receiptsOfModel(world)),
  );
  expect(sorted(snapshot.rollups.filter(isUsed)), 'roll-ups').toEqual(sorted(rollupsOfModel(world)));
  for (const limit of world.limits.values()) expectWithinAmount(world, limit);
  for (const row of snapshot.limits) expectPeak(world.limits.get(row.limit)!, row);
  for (const row of snapshot.limits) adoptClock(world.limits.get(row.limit)!, row.tatUs, looseUs);
}

/** Invariant 1 and rule 19: above the amount stands only what is shown as excess, and what a failover had lost. */
function expectWithinAmount(world: World, limit: Limit): void {
  if (!isBudget(limit)) return;
  for (const window of limit.windows) {
    const excess = [...world.receipts.values()].reduce((sum, receipt) => sum + above(receipt, window), 0);
    const forced = [...world.holds.values()]
      .filter((hold) => hold.forced)
      .flatMap(({ lines }) => lines.filter((line) => line.window === window))
      .reduce((sum, { amount }) => sum + amount, 0);
    const highest = Math.max(window.peak, window === currentWindow(limit) ? limit.amount : 0);
    const taken = window.used + window.held - excess - forced;
    expect(taken, `${named(limit)}: taken, of ${highest}`).toBeLessThanOrEqual(highest);
  }
}

function above({ lines, lineExcess, forced }: Receipt, window: object): number {
  const index = lines.findIndex((line) => line.window === window);
  if (index === -1) return 0;
  return forced ? lines[index]!.amount : lineExcess[index]!;
}

/** A rate's clock is exact at admission; of a closed call, rounding is the ledger's own affair. */
function adoptClock(limit: Limit, tatUs: number, looseUs: number): void {
  if (!isRate(limit)) return;
  if (Number.isFinite(limit.tatUs)) {
    const off = Math.abs(tatUs - limit.tatUs);
    expect(off, `${named(limit)}: tat ${tatUs}, expected ${limit.tatUs}`).toBeLessThanOrEqual(looseUs);
  }
  limit.tatUs = tatUs;
}

/** Of a window that was left, the peak may be that of when something was put back into it. */
function expectPeak(limit: Limit, { peak, amount }: LimitRow): void {
  expect({ peak, amount }, named(limit)).toEqual({ peak: currentWindow(limit).peak, amount: limit.amount });
}

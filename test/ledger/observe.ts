import { expect } from 'vitest';
import { hasEnded, nextWindow } from './model/calendar.ts';
import { currentWindow, type Limit, type World } from './model/world.ts';
import type { Scene } from './scene.ts';
import { type Snapshot, snapshotOf } from './snapshot.ts';

/** What is in the tables now; the model's limits are then in the same windows as the ledger's. */
export async function observe({ ledger, world }: Scene): Promise<Snapshot> {
  const snapshot = await snapshotOf(ledger);
  adoptNewWindows(world, snapshot);
  return snapshot;
}

/** Takes over which limits the ledger moved on to a new window, once it is certain that they are due and the right ones. */
function adoptNewWindows(world: World, { limits }: Snapshot): void {
  for (const { limit: id, startUs, endUs } of limits) {
    const limit = world.limits.get(id)!;
    if (startUs === currentWindow(limit).startUs) continue;
    expect(hasEnded(world, limit), `${named(limit)} left a window that had not ended`).toBe(true);
    const next = nextWindow(world, limit);
    expect({ startUs, endUs: endUs ?? Number.POSITIVE_INFINITY }, `${named(limit)}, its new window`).toEqual({
      startUs: next.startUs,
      endUs: next.endUs,
    });
    limit.windows.push(next);
  }
}

export const named = ({ id, metric, win }: Limit) => `limit ${id} (${metric} a ${win})`;

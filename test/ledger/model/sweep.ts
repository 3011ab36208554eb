import { fail } from 'node:assert';
import { expire } from './close.ts';
import type { Hold, World } from './world.ts';

/** Rule 12, with no grace: its lease is over, so somebody may sweep it. */
export const isDead = (world: World, hold: Hold) => hold.leaseEndUs < world.nowUs;

export const deadOf = (world: World, roots: Set<number>) =>
  [...world.holds.values()].filter((hold) => roots.has(hold.root) && isDead(world, hold));

/** Expires the holds that the ledger chose to sweep, once it is certain that it might. */
export function sweep(world: World, swept: string[]): void {
  for (const id of swept) {
    const hold = world.holds.get(id) ?? fail(`${id} was expired and was not open`);
    if (!isDead(world, hold)) fail(`${id} was expired before its lease's end`);
    expire(world, hold);
  }
}

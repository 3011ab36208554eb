import type { Database } from '../db/database.ts';

export interface Counting {
  /** Receipts that one transaction takes at most, give or take those of one instant. */
  most: number;
  /** How long a receipt is left alone, since one with an earlier clock may still be committed. */
  lagMs: number;
  /** No further transaction is begun after this. */
  budgetMs: number;
}

/**
 * Adds the receipts that were closed since the last time to the totals and the buckets (`count_receipts_v1`), by as many short
 * transactions as there is time for. Safe when several do it at once: the others have nothing to do then.
 *
 * @returns whether there are no more, or somebody else is at it.
 */
export async function countReceipts(database: Database, counting: Counting): Promise<boolean> {
  const { most, lagMs, budgetMs } = counting;
  const untilMs = performance.now() + budgetMs;
  do {
    // One message, so that an instance that is frozen in the middle of it never keeps the lock.
    const [row] = await database.simple<{ state: 'busy' | 'more' | 'done' }>(
      `select count_receipts_v1(${Math.trunc(most)}, ${Math.trunc(lagMs)}) as state`,
    );
    if (row!.state !== 'more') return true;
  } while (performance.now() < untilMs);
  return false;
}

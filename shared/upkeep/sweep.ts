import { sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';

const AT_ONCE = 16;

interface Swept {
  expired: number;
  /** Whether more may be left to expire: it stopped at its bound. */
  more: boolean;
}

/**
 * Expires the holds that nobody came back for, 16 at a time, each round a transaction of its own: locks of
 * many trees are never held together.
 */
export async function sweep(db: Drizzle, { most }: { most: number }): Promise<Swept> {
  let expired = 0;
  while (expired < most) {
    const [round] = await db.execute<{ expired: number }>(sql`select sweep_v1(${AT_ONCE}) as expired`);
    if (!round || round.expired === 0) return { expired, more: false };
    expired += round.expired;
  }
  return { expired, more: true };
}

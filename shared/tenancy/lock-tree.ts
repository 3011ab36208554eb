import { sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';

/**
 * Makes whoever changes one tree of consumers wait for another who does: what was compared with an
 * ancestor stays true until it is written, and no key comes to a consumer that is being retired.
 *
 * The data plane reads consumers and locks none, so no call waits for this; limits are locked after it, in the ledger's order.
 */
export async function lockTree(tx: Drizzle, consumerId: number): Promise<void> {
  await tx.execute(sql`
    select from consumers
     where id = (select root_id from consumers where id = ${consumerId})
       for no key update`);
}

import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Drizzle } from '../db/database.ts';
import { type Limit, listLimits, type Owner } from './limit.ts';
import { Metric, showKind, Window } from './limit-wish.ts';
import { lockOwner } from './lock-owner.ts';
import { Refusal } from './refusal.ts';

export const LimitKinds = z.array(z.strictObject({ metric: Metric, window: Window })).min(1);
export type LimitKinds = z.infer<typeof LimitKinds>;

/** Ends limits, with their last counters. They stay, since holds and receipts refer to them. All of them or none. @throws Refusal */
export function retireLimits(db: Drizzle, owner: Owner, kinds: LimitKinds): Promise<Limit[]> {
  return db.transaction(async (tx) => {
    await lockOwner(tx, owner);
    const inForce = await listLimits(tx, { owner });
    const retired = kinds.map((kind) => {
      const limit = inForce.find((each) => showKind(each) === showKind(kind));
      if (limit) return limit;
      throw new Refusal('not_found', `The ${owner.kind} ${owner.id} has no limit ${showKind(kind)}.`);
    });
    const ids = sql.join(
      retired.map(({ id }) => sql`${id}::int`),
      sql`, `,
    );
    await tx.execute(sql`select lock_limits(array[${ids}])`);
    await tx.execute(sql`update limits set retired_at = ledger_now() where id in (${ids})`);
    return retired;
  });
}

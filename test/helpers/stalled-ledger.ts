import { type SQL, sql } from 'drizzle-orm';
import { expect } from 'vitest';
import type { Drizzle } from '#shared/db/database.ts';
import type { TestGateway } from './gateway.ts';
import type { Tenant } from './tenant.ts';

/**
 * Has a call of a tenant be authenticated and then stand in the ledger, at a limit of the tenant's that is
 * locked; does something meanwhile, and lets the call go on. It has 1 s: so long the ledger waits for a lock.
 */
export const whileAdmitted = <T, U>(
  gateway: TestGateway,
  { consumerId }: Tenant,
  call: () => Promise<T>,
  meanwhile: Meanwhile<T, U>,
) => stalled(gateway, sql`select from limits where consumer_id = ${consumerId} for update`, call, meanwhile);

/** The same, before the ledger has read anything of the call's key: at a table that it reads with it, and nobody before. */
export const whileAtTheDoor = <T, U>(
  gateway: TestGateway,
  call: () => Promise<T>,
  meanwhile: Meanwhile<T, U>,
) => stalled(gateway, sql`lock table calibrations in access exclusive mode`, call, meanwhile);

type Meanwhile<T, U> = (tx: Drizzle, called: Promise<T>) => Promise<U>;

function stalled<T, U>(
  { database }: TestGateway,
  lock: SQL,
  call: () => Promise<T>,
  meanwhile: Meanwhile<T, U>,
): Promise<{ called: Promise<T>; result: U }> {
  return database.write((db) =>
    db.transaction(async (tx) => {
      await tx.execute(lock);
      const called = call();
      called.catch(() => {}); // whoever asked for it looks later
      await expect.poll(() => database.read(waiting), { interval: 5, timeout: 10_000 }).toBe(1);
      return { called, result: await meanwhile(tx, called) };
    }),
  );
}

/** Not to be asked in the transaction that keeps the lock: there, the first answer would stay the same. */
async function waiting(db: Drizzle): Promise<number> {
  const [row] = await db.execute<{ waiting: number }>(sql`
    select count(*)::int as waiting from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock' and query like '%admit%'`);
  return row!.waiting;
}

import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { applyMigrations } from './apply-migrations.ts';

/** Any number that no other program uses on the same database; it names the lock below. */
const MIGRATION_LOCK = 5_282_538;

/**
 * Brings a database to the newest schema; safe when several do it at once.
 *
 * Two at once would run the same file twice, so one connection holds an advisory lock throughout: whoever comes
 * second waits, then finds nothing left to do. Tables are waited for 1 s at most, so that a migration never queues
 * behind a long transaction with all routers queueing behind it; then all of it begins anew, a few times. Where the
 * process that migrates is frozen in the middle, as FC may do, the server ends its session: otherwise all would wait
 * for what it had locked.
 *
 * @param folder the migrations as drizzle-kit wrote them
 */
export async function migrate(databaseUrl: string, folder: string): Promise<void> {
  const connection = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  const db = drizzle(connection);
  try {
    await db.execute(sql`set idle_session_timeout = '60s'`);
    await db.execute(sql`set idle_in_transaction_session_timeout = '10s'`);
    await db.execute(sql`select pg_advisory_lock(${MIGRATION_LOCK})`);
    await db.execute(sql`set lock_timeout = '1s'`);
    await whenTablesAreFree(() => applyMigrations(db, folder));
  } finally {
    await connection.end({ timeout: 5 }); // the session's end releases the lock
  }
}

/** All migrations are one transaction: where one of them has to give way, nothing has happened. */
async function whenTablesAreFree(apply: () => Promise<void>): Promise<void> {
  for (let triesLeft = TRIES; ; ) {
    try {
      return await apply();
    } catch (error) {
      triesLeft -= 1;
      if (triesLeft === 0 || !GAVE_WAY.has(codeOf(error))) throw error;
      await delay(PAUSE_MS);
    }
  }
}

const TRIES = 10;
const PAUSE_MS = 1_000;

/** lock_not_available, deadlock_detected */
const GAVE_WAY: ReadonlySet<unknown> = new Set(['55P03', '40P01']);

/** Drizzle wraps what the driver threw. */
function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  return 'code' in error ? error.code : codeOf(error.cause);
}

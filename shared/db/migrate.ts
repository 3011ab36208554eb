import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';

/** Any number that no other program uses on the same database; it names the lock below. */
const MIGRATION_LOCK = 5_282_538;

/**
 * Brings a database to the newest schema; safe when several do it at once.
 *
 * Drizzle's migrator takes no lock of its own and would run the same file twice, so one connection holds
 * an advisory lock throughout: whoever comes second waits, then finds nothing left to do. Tables are
 * waited for 1 s at most, so that a migration never queues behind a long transaction with all routers
 * queueing behind it.
 *
 * @param folder the migrations as drizzle-kit wrote them
 */
export async function migrate(databaseUrl: string, folder: string): Promise<void> {
  const connection = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  const db = drizzle(connection);
  try {
    await db.execute(sql`select pg_advisory_lock(${MIGRATION_LOCK})`);
    await db.execute(sql`set lock_timeout = '1s'`);
    await applyMigrations(db, { migrationsFolder: folder });
  } finally {
    await connection.end({ timeout: 5 }); // the session's end releases the lock
  }
}

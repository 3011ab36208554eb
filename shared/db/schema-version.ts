import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';

/** How many migrations this code needs: raise it when code begins to use what a migration adds. */
export const NEEDED_MIGRATIONS = 10;

/** Why this database cannot be used yet, or undefined when it can. Newer than needed is fine: old and new code share a schema. */
export async function schemaProblem(database: Database): Promise<string | undefined> {
  const applied = await appliedMigrations(database);
  if (applied >= NEEDED_MIGRATIONS) return undefined;
  return `The database has ${applied} of the ${NEEDED_MIGRATIONS} migrations that this version needs. Run \`npm run migration\`.`;
}

async function appliedMigrations(database: Database): Promise<number> {
  return database.read(async (db) => {
    const [exists] = await db.execute<{ exists: boolean }>(
      sql`select to_regclass('drizzle.__drizzle_migrations') is not null as exists`,
    );
    if (!exists?.exists) return 0;
    const [row] = await db.execute<{ count: number }>(
      sql`select count(*)::int as count from drizzle.__drizzle_migrations`,
    );
    return row?.count ?? 0;
  });
}

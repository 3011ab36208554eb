import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';

/**
 * Applies what a folder has beyond the newest migration that the database knows of, in one transaction.
 *
 * As drizzle's migrator does it, with its journal, so that either can go on from the other. But that one always says
 * `create schema if not exists`, which PostgreSQL refuses to whom may make no schemas even where there is none to make;
 * this looks first. So a role that owns the tables will do, and where nothing is left to apply any that may read.
 */
export async function applyMigrations(db: PostgresJsDatabase, folder: string): Promise<void> {
  await makeJournal(db);
  const newest = await newestApplied(db);
  const missing = readMigrationFiles({ migrationsFolder: folder }).filter(
    ({ folderMillis }) => folderMillis > newest,
  );
  if (missing.length === 0) return;
  await db.transaction(async (tx) => {
    for (const { sql: statements, hash, folderMillis } of missing) {
      for (const statement of statements) await tx.execute(sql.raw(statement));
      await tx.execute(
        sql`insert into drizzle.__drizzle_migrations (hash, created_at) values (${hash}, ${folderMillis})`,
      );
    }
  });
}

async function makeJournal(db: PostgresJsDatabase): Promise<void> {
  const [there] = await db.execute<{ schema: boolean; journal: boolean }>(sql`
    select to_regnamespace('drizzle') is not null as schema,
           to_regclass('drizzle.__drizzle_migrations') is not null as journal
  `);
  if (!there?.schema) await db.execute(sql`create schema drizzle`);
  if (!there?.journal)
    await db.execute(sql`
      create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)
    `);
}

/** When the newest of them was written (ms since 1970); 0 where there is none yet. */
async function newestApplied(db: PostgresJsDatabase): Promise<number> {
  const [row] = await db.execute<{ newest: string | null }>(
    sql`select max(created_at) as newest from drizzle.__drizzle_migrations`,
  );
  return Number(row?.newest ?? 0);
}

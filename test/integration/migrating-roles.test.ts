import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as drizzleMigrate } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { describe, expect, it, onTestFinished } from 'vitest';
import { migrate } from '#shared/db/migrate.ts';
import { NEEDED_MIGRATIONS } from '#shared/db/schema-version.ts';
import { aDatabaseUrl } from '../helpers/database.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

function aSession(url: string): postgres.Sql {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  onTestFinished(() => sql.end({ timeout: 1 }));
  return sql;
}

/** A role that may log in and nothing more, and the address of a database as it; gone with what it owns. */
async function aRole(admin: postgres.Sql, databaseUrl: string): Promise<{ role: string; url: string }> {
  const role = `role_${randomBytes(6).toString('hex')}`;
  await admin.unsafe(`create role ${role} login password 'secret'`);
  onTestFinished(async () => {
    const last = postgres(databaseUrl, { max: 1, onnotice: () => {} });
    await last.unsafe(`drop owned by ${role} cascade; drop role ${role}`);
    await last.end({ timeout: 1 });
  });
  const url = new URL(databaseUrl);
  [url.username, url.password] = [role, 'secret'];
  return { role, url: url.href };
}

const countIn = async (sql: postgres.Sql) =>
  (await sql`select count(*)::int as count from drizzle.__drizzle_migrations`)[0]?.count;

describe('a role that may not make schemas', () => {
  it('migrates from nothing, where it has the two schemas', async () => {
    const databaseUrl = await aDatabaseUrl({ migrated: false });
    const admin = aSession(databaseUrl);
    const { role, url } = await aRole(admin, databaseUrl);
    await admin.unsafe(
      `create schema drizzle authorization ${role}; grant create on schema public to ${role}`,
    );
    await expect(aSession(url)`create schema if not exists drizzle`).rejects.toMatchObject({ code: '42501' });
    await migrate(url, MIGRATIONS);
    expect(await countIn(admin)).toBe(NEEDED_MIGRATIONS);
  });

  it('that may only read finds that there is nothing to do', async () => {
    const databaseUrl = await aDatabaseUrl();
    const admin = aSession(databaseUrl);
    const { role, url } = await aRole(admin, databaseUrl);
    await admin.unsafe(
      `grant usage on schema drizzle to ${role}; grant select on all tables in schema drizzle to ${role}`,
    );
    await migrate(url, MIGRATIONS);
    expect(await countIn(admin)).toBe(NEEDED_MIGRATIONS);
    await admin`delete from drizzle.__drizzle_migrations where id = ${NEEDED_MIGRATIONS}`;
    await expect(migrate(url, MIGRATIONS)).rejects.toMatchObject({ cause: { code: '42501' } });
  });
});

describe('what drizzle’s own migrator, which earlier versions used,', () => {
  it('has begun is gone on with', async () => {
    const [databaseUrl, other] = [await aDatabaseUrl({ migrated: false }), await aDatabaseUrl()];
    const sql = aSession(databaseUrl);
    await drizzleMigrate(drizzle(sql), { migrationsFolder: firstMigrations(3) });
    expect(await countIn(sql)).toBe(3);
    await migrate(databaseUrl, MIGRATIONS);
    expect(await journalOf(sql)).toEqual(await journalOf(aSession(other)));
  });

  it('finds done is not done again by it', async () => {
    const databaseUrl = await aDatabaseUrl();
    const sql = aSession(databaseUrl);
    await drizzleMigrate(drizzle(sql), { migrationsFolder: MIGRATIONS });
    expect(await countIn(sql)).toBe(NEEDED_MIGRATIONS);
  });
});

const journalOf = async (sql: postgres.Sql) =>
  (await sql`select * from drizzle.__drizzle_migrations order by id`).map((row) => ({ ...row }));

/** A folder with so many of the migrations. */
function firstMigrations(count: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'sublet-migrations-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(MIGRATIONS, folder, { recursive: true });
  const file = join(folder, 'meta/_journal.json');
  const journal = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...journal, entries: journal.entries.slice(0, count) }));
  return folder;
}

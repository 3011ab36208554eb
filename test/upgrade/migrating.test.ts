import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { describe, expect, it, onTestFinished } from 'vitest';
import { migrate } from '#shared/db/migrate.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aDatabaseUrl } from '../helpers/database.ts';

/** Migrations of these statements, as drizzle-kit writes them. */
function migrationsOf(...statements: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'sublet-migrations-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const entries = statements.map((_, idx) => ({
    idx,
    version: '7',
    when: idx + 1,
    tag: `000${idx}`,
    breakpoints: true,
  }));
  mkdirSync(join(folder, 'meta'));
  writeFileSync(join(folder, 'meta', '_journal.json'), JSON.stringify({ entries }));
  for (const [index, statement] of statements.entries())
    writeFileSync(join(folder, `000${index}.sql`), statement);
  return folder;
}

function aSession(url: string): postgres.Sql {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  onTestFinished(() => sql.end({ timeout: 1 }));
  return sql;
}

describe('a migration', () => {
  it('gives way to whoever has a table, and begins anew until the table is free', async () => {
    const url = await aDatabaseUrl({ migrated: false });
    const [holder, look] = [aSession(url), aSession(url)];
    await look`create table held ()`;
    await holder`begin`;
    await holder`lock table held in access share mode`;
    const migrated = migrate(
      url,
      migrationsOf('create table made ()', 'alter table held add column more int'),
    );
    const waiting = async () => {
      const [row] = await look`select count(*)::int as count from pg_locks where not granted`;
      return row?.count;
    };
    await eventually(waiting).toBe(1);
    await eventually(waiting).toBe(0); // it has given way
    expect((await look`select to_regclass('made') as made`)[0]).toEqual({ made: null }); // with all it had done
    await holder`commit`;
    await migrated;
    expect(await look`select more from held`).toEqual([]);
  });

  it('is ended by the server where nobody goes on with it', async () => {
    const url = await aDatabaseUrl({ migrated: false });
    const settings = ['lock_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout'];
    const seen = settings.map((name) => `current_setting('${name}') as ${name}`).join(', ');
    await migrate(url, migrationsOf(`create table seen as select ${seen}`));
    expect(await aSession(url)`select * from seen`).toEqual([
      { lock_timeout: '1s', idle_in_transaction_session_timeout: '10s', idle_session_timeout: '1min' },
    ]);
  });

  it('that is wrong fails at once, and is not tried again', async () => {
    const url = await aDatabaseUrl({ migrated: false });
    const migrated = migrate(
      url,
      migrationsOf('create table made ()', 'alter table nowhere add column more int'),
    );
    await expect(migrated).rejects.toMatchObject({ cause: { code: '42P01' } });
    expect((await aSession(url)`select to_regclass('made') as made`)[0]).toEqual({ made: null });
  });
});

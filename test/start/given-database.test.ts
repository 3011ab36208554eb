import { readdir } from 'node:fs/promises';
import postgres from 'postgres';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../local/fc/free-port.ts';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';
import { aConsumer } from '../helpers/gateway.ts';
import { aDataDirectory, Run } from '../helpers/npm-start.ts';

const NO_OLLAMA = { OLLAMA_URLS: 'http://127.0.0.1:1' };
const start = async (DATABASE_URL: string, ...options: string[]) =>
  new Run([...options, '--port', String(await freePort())], { ...NO_OLLAMA, DATABASE_URL });

describe('npm start with DATABASE_URL', () => {
  it('migrates and uses that server, starts none of its own, and keeps its password to itself', async () => {
    const databaseUrl = await aDatabaseUrl({ migrated: false });
    const data = await aDataDirectory();
    const run = await start(databaseUrl, '--data', data);
    const text = await run.says('Ctrl-C ends everything');
    const { host, pathname, password } = new URL(databaseUrl);
    expect(text).toContain(`Database   ${host}, database ${pathname.slice(1)}\n`);
    expect(text).not.toContain(password);
    expect(await readdir(data)).toEqual(['models', 'running.json', 'secrets.json']);
    expect(await run.end('SIGTERM')).toBe(0);
  }, 60_000);

  it('leaves a database alone that holds consumers and not its first key', async () => {
    const databaseUrl = await aDatabaseUrl({ migrated: false });
    const sql = postgres(databaseUrl, { max: 1 });
    await sql`create table consumers as select 1 as id`;
    const run = await start(databaseUrl, '--json', '--data', await aDataDirectory());
    expect(await run.exit()).toBe(1);
    expect(run.stderr).toContain('holds consumers already');
    expect(run.stderr).toContain('--join');
    expect(run.stderr).not.toContain(new URL(databaseUrl).password);
    expect(await sql`select relname from pg_class where relnamespace = 'public'::regnamespace`).toEqual([
      { relname: 'consumers' },
    ]);
    await sql.end();
  }, 60_000);

  it('joins such a database with --join, and is at home there from then on, also when its key is disabled', async () => {
    const databaseUrl = await aDatabaseUrl();
    const database = connectedTo(databaseUrl);
    await aConsumer(database, { name: 'somebody else' });
    const data = await aDataDirectory();
    const joining = await start(databaseUrl, '--json', '--data', data, '--join');
    expect(JSON.parse(await joining.says('\n'))).toMatchObject({ databaseUrl, models: ['custom-agent'] });
    expect(await joining.end('SIGTERM')).toBe(0);

    await database.write((db) => db.execute(`update keys set status = 'disabled'`));
    const again = await start(databaseUrl, '--data', data);
    const text = await again.says('Ctrl-C ends everything');
    expect(text).toContain('The first key is disabled');
    expect(text).toContain('Models     custom-agent\n');
    expect(await again.end('SIGTERM')).toBe(0);
  }, 60_000);

  it('says that it cannot reach it, and not with which password', async () => {
    const run = await start('postgres://me:secret@127.0.0.1:1/nowhere', '--data', await aDataDirectory());
    expect(await run.exit()).toBe(1);
    expect(run.stderr).toMatch(/127\.0\.0\.1:1, database nowhere cannot be used: .*ECONNREFUSED/);
    expect(run.stderr).not.toContain('secret');
  }, 60_000);
});

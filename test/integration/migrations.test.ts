import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { consumers } from '#shared/db/schema.ts';
import { NEEDED_MIGRATIONS } from '#shared/db/schema-version.ts';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';
import { aConsumer, aGateway } from '../helpers/gateway.ts';

const COMMAND = fileURLToPath(new URL('../../local/migration.ts', import.meta.url));

/** Runs the migration command as a process of its own; gives its exit code and what it said. */
async function migration(databaseUrl: string): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [COMMAND], { env: { ...process.env, DATABASE_URL: databaseUrl } });
  let output = '';
  child.stdout.on('data', (bytes) => {
    output += bytes;
  });
  child.stderr.on('data', (bytes) => {
    output += bytes;
  });
  const [code] = await once(child, 'close');
  return { code, output };
}

const appliedIn = async (url: string) => {
  const database = connectedTo(url);
  const rows = await database.read((db) => db.execute(sql`select hash from drizzle.__drizzle_migrations`));
  return rows.map((row) => row.hash);
};

describe('three migrations started at once on an empty database', () => {
  it('all succeed, and each file was applied once', async () => {
    const url = await aDatabaseUrl({ migrated: false });
    const runs = await Promise.all([migration(url), migration(url), migration(url)]);
    expect(
      runs.map((run) => run.code),
      runs.map((run) => run.output).join('\n'),
    ).toEqual([0, 0, 0]);
    const applied = await appliedIn(url);
    expect(new Set(applied).size).toBe(applied.length);
    expect(applied).toHaveLength(NEEDED_MIGRATIONS);
  });
});

describe('a migration of a database that cannot be reached', () => {
  it('fails with a reason and without the password', async () => {
    const { code, output } = await migration('postgres://u:hush-hush@127.0.0.1:1/none');
    expect(code).toBe(1);
    expect(output).toContain('ECONNREFUSED');
    expect(output).not.toContain('hush-hush');
  });
});

describe('a router before a database that is too old', () => {
  it('says so at /healthz and refuses everything else, until the database has been migrated', async () => {
    const databaseUrl = await aDatabaseUrl({ migrated: false });
    const gateway = await aGateway({ databaseUrl, withKey: false });
    const health = await fetch(`${gateway.url}/healthz`);
    expect(health.status).toBe(503);
    expect(await health.json()).toEqual({
      status: 'unavailable',
      reason: expect.stringContaining('npm run migration'),
    });
    const refused = await fetch(`${gateway.url}/v1/models`, { headers: { authorization: 'Bearer sk-any' } });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ error: { code: 'gateway_not_ready' } });

    expect((await migration(databaseUrl)).code).toBe(0);
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${gateway.url}/v1/models`)).status).toBe(401);
  });

  it('works with one that is newer than it needs', async () => {
    const databaseUrl = await aDatabaseUrl();
    const later = sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('a later one', 9e12)`;
    await connectedTo(databaseUrl).write((db) => db.execute(later));
    const gateway = await aGateway({ databaseUrl });
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  });
});

describe('the tree of consumers', () => {
  it('gives each its place below its parent, which nothing can change', async () => {
    const database = connectedTo(await aDatabaseUrl());
    const root = await aConsumer(database);
    const child = await aConsumer(database, { parentId: root });
    const grandchild = await aConsumer(database, { parentId: child });
    const [row] = await database.read((db) => db.select().from(consumers).where(sql`id = ${grandchild}`));
    expect(row).toMatchObject({ rootId: root, path: [root, child, grandchild], depth: 2 });
    const move = database.write((db) =>
      db.execute(sql`update consumers set parent_id = null where id = ${child}`),
    );
    await expect(move).rejects.toMatchObject({ cause: { code: '23514' } });
  });

  it('refuses a parent that does not exist and a time zone that nobody knows', async () => {
    const database = connectedTo(await aDatabaseUrl());
    await expect(aConsumer(database, { parentId: 4711 })).rejects.toMatchObject({ cause: { code: '23503' } });
    await expect(aConsumer(database, { timeZone: 'Mars/Olympus' })).rejects.toMatchObject({
      cause: { code: '22023' },
    });
  });
});

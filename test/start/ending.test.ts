import { once } from 'node:events';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import postgres from 'postgres';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../local/fc/free-port.ts';
import { lockDirectory } from '../../local/postgres/lock.ts';
import { aDatabaseUrl } from '../helpers/database.ts';
import { aDataDirectory, postgresPid, Run } from '../helpers/npm-start.ts';

const NO_OLLAMA = { OLLAMA_URLS: 'http://127.0.0.1:1' };

/** Nothing runs on the data directory, and the next start may have it. */
async function expectReleased(data: string): Promise<void> {
  expect((await stat(join(data, 'postgres'))).isDirectory()).toBe(true);
  expect(await postgresPid(data)).toBeNull();
  await (await lockDirectory(join(data, 'postgres'))).release();
}

describe('a start that fails', () => {
  it('ends the PostgreSQL that was starting meanwhile, says why, and exits 1', async () => {
    const data = await aDataDirectory();
    const run = new Run(['--json', '--data', data], { ...NO_OLLAMA, ESBUILD_BINARY_PATH: '/bin/false' });
    expect(await run.exit()).toBe(1);
    expect(run.stderr).toMatch(/Sublet has failed: .*service/);
    await expectReleased(data);
  }, 60_000);
});

describe('Ctrl-C while it is starting', () => {
  it('ends the PostgreSQL that was starting meanwhile, and exits 0', async () => {
    const data = await aDataDirectory();
    // Takes the question for its models and never answers: the start waits for it.
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const run = new Run(['--json', '--data', data], { OLLAMA_URLS: url }, { detached: true });
    const [socket] = await once(silent, 'connection');
    expect(await run.ctrlC()).toBe(0);
    expect(run.stdout).toBe('');
    expect(run.stderr).toBe('\nEnding …\n');
    await expectReleased(data);
    socket.destroy();
    silent.close();
  }, 60_000);

  it('is no failure of the build that it ends as well', async () => {
    const data = await aDataDirectory();
    // An esbuild that never answers, in the foreground like the real one.
    const esbuild = join(data, 'esbuild');
    await writeFile(esbuild, `#!/bin/sh\n> '${data}/building'\nexec sleep 60\n`, { mode: 0o755 });
    const environment = { ...NO_OLLAMA, ESBUILD_BINARY_PATH: esbuild };
    const run = new Run(['--json', '--data', data], environment, { detached: true });
    await expect.poll(() => readdir(data), { timeout: 30_000 }).toContain('building');
    expect(await run.ctrlC()).toBe(0);
    expect(run.stderr).toBe('\nEnding …\n');
    await expectReleased(data);
  }, 60_000);

  it('does not wait for a migration that somebody else has in hand', async () => {
    const databaseUrl = await aDatabaseUrl();
    const sql = postgres(databaseUrl, { max: 1 });
    await sql`select pg_advisory_lock(5282538)`; // the lock of shared/db/migrate.ts
    const data = await aDataDirectory();
    const run = new Run(['--json', '--data', data], { ...NO_OLLAMA, DATABASE_URL: databaseUrl });
    const waiting = sql`select from pg_locks where locktype = 'advisory' and not granted`;
    await expect.poll(async () => (await sql`${waiting}`).length, { timeout: 30_000 }).toBe(1);
    expect(await run.end('SIGTERM')).toBe(0);
    await sql.end();
  }, 60_000);
});

describe('a PostgreSQL that ends by itself', () => {
  it('ends everything with 1, and the way to its log', async () => {
    const data = await aDataDirectory();
    const run = new Run(['--json', '--data', data, '--port', String(await freePort())], NO_OLLAMA);
    const { url } = JSON.parse(await run.says('\n'));
    const closed = run.exit();
    process.kill((await postgresPid(data))!, 'SIGQUIT');
    expect(await closed).toBe(1);
    expect(run.stderr).toMatch(/PostgreSQL \(pid \d+\) has ended by itself; see .*postgres\/server\.log/);
    await expect(fetch(url)).rejects.toThrow();
  }, 60_000);
});

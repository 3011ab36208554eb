import { readFile, stat } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDirectory, aRunner, aServer, makeDirectory, query, removeDirectory } from './fixture.ts';
import { isRunning, readProcess } from './process-facts.ts';
import { type EmbeddedPostgres, startPostgres } from './start-postgres.ts';

const REAL_SERVER_MS = 60_000;
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describe('an embedded PostgreSQL', { timeout: REAL_SERVER_MS }, () => {
  it('keeps its data and its password over a restart', async () => {
    const directory = await aDirectory();
    const first = await aServer(directory, { durable: true });
    await query(first.url(), 'create table kept as select 42 as answer');
    await first.stop();

    const second = await aServer(directory, { durable: true });

    expect(second.adopted).toBe(false);
    expect(new URL(second.url()).password).toBe(new URL(first.url()).password);
    expect(await query(second.url(), 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('commits to disk when durable, and does not wait for it in tests', async () => {
    const directory = await aDirectory();
    const durable = await aServer(directory, { durable: true });
    expect(await query(durable.url(), 'show fsync')).toEqual([{ fsync: 'on' }]);
    await durable.stop();

    const fast = await aServer(directory, { durable: false, settings: { max_connections: '17' } });
    expect(await query(fast.url(), 'show fsync')).toEqual([{ fsync: 'off' }]);
    expect(await query(fast.url(), 'show max_connections')).toEqual([{ max_connections: '17' }]);
  });

  it('has nothing of our environment and no password in its command', async () => {
    const runner = await aRunner(await aDirectory(), { env: { SUBLET_PEPPER: 'do-not-leak-me' } });
    const { command } = (await readProcess(runner.server.pid))!;
    expect(command).not.toContain(new URL(runner.server.url).password);
    if (process.platform !== 'linux') return; // environments can be read in /proc only
    const environment = await readFile(`/proc/${runner.server.pid}/environ`, 'utf8');
    expect(
      environment
        .split('\0')
        .filter(Boolean)
        .map((line) => line.split('=')[0]),
    ).toEqual(expect.arrayContaining(['LC_ALL', 'LC_MESSAGES']));
    expect(environment).not.toContain('do-not-leak-me');
    expect(environment).not.toContain('PATH=');
  });

  it('starts under a umask that takes all from others', async () => {
    const runner = await aRunner(await aDirectory(), { umask: 0o077 });
    expect(await query(runner.server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('may be stopped twice, also at once', async () => {
    const server = await aServer(await aDirectory());
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(await isRunning(server.pid)).toBe(false);
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  it('tells when it has died by itself, and can be started again', async () => {
    const directory = await aDirectory();
    const server = await aServer(directory);
    process.kill(server.pid, 'SIGKILL');
    expect(await server.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await server.stop();
    const next = await aServer(directory);
    expect(await query(next.url(), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('says why it did not start, in the words of its log', async () => {
    const start = aServer(await aDirectory(), { settings: { no_such_setting: '1' } });
    await expect(start).rejects.toThrow('unrecognized configuration parameter "no_such_setting"');
  });
});

describe('a running embedded PostgreSQL', () => {
  let directory: string;
  let server: EmbeddedPostgres;
  beforeAll(async () => {
    directory = await makeDirectory();
    server = await startPostgres({ directory, durable: false });
  }, REAL_SERVER_MS);
  afterAll(async () => {
    await server.stop();
    await removeDirectory(directory);
  }, REAL_SERVER_MS);

  it('speaks UTF-8 and sorts by code point, on every machine alike', async () => {
    const [row] = await query(
      server.url(),
      "select 'ä' > 'z' as sorted, current_setting('server_encoding') as encoding",
    );
    expect(row).toEqual({ sorted: true, encoding: 'UTF8' });
  });

  it('lets nobody in without the password', async () => {
    const url = new URL(server.url());
    url.password = 'guessed';
    await expect(query(url.href, 'select 1')).rejects.toThrow('password authentication failed');
    const rules = await query(server.url(), 'select distinct auth_method from pg_hba_file_rules');
    expect(rules).toEqual([{ auth_method: 'scram-sha-256' }]);
  });

  it('listens on loopback only, and on no unix socket', async () => {
    const [row] = await query(
      server.url(),
      "select current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets",
    );
    expect(row).toEqual({ addresses: '127.0.0.1', sockets: '' });
    const outer = Object.values(networkInterfaces())
      .flat()
      .find((a) => a?.family === 'IPv4' && !a.internal);
    if (!outer) return;
    const url = server.url().replace('127.0.0.1', outer.address);
    await expect(query(url, 'select 1')).rejects.toThrow('ECONNREFUSED');
  });

  it('keeps its password, log and data from other accounts', async () => {
    expect(await modeOf(join(directory, 'password'))).toBe('600');
    expect(await modeOf(join(directory, 'server.log'))).toBe('600');
    expect(await modeOf(server.dataDirectory)).toBe('700');
    const closed = process.getuid!() === 0 ? '711' : '700';
    expect(await modeOf(directory)).toBe(closed);
  });
});

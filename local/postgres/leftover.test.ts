import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serverAccount, spawnOptions } from './account.ts';
import { aDirectory, aRunner, aServer, query } from './fixture.ts';
import { isServerOf } from './postmaster-pid.ts';
import { isRunning } from './process-facts.ts';

const REAL_SERVER_MS = 60_000;

describe('a server left over by a killed runner', { timeout: REAL_SERVER_MS }, () => {
  it('is adopted with its data, and stopped by who adopted it', async () => {
    const directory = await aDirectory();
    const runner = await aRunner(directory);
    await query(runner.server.url, 'create table kept as select 42 as answer');
    await runner.kill('SIGKILL');

    const server = await aServer(directory);

    expect(server).toMatchObject({ adopted: true, pid: runner.server.pid });
    expect(await query(server.url(), 'select answer from kept')).toEqual([{ answer: 42 }]);
    await server.stop();
    expect(await isRunning(server.pid)).toBe(false);
    expect(await server.exited).toEqual({ code: null, signal: null });
  });

  it('is what Ctrl-C in the terminal leaves, since the signal reaches the runner alone', async () => {
    const directory = await aDirectory();
    const runner = await aRunner(directory);
    await runner.kill('SIGINT');
    expect(await query(runner.server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect((await aServer(directory)).pid).toBe(runner.server.pid);
  });

  it('is replaced when it was started with other settings', async () => {
    const directory = await aDirectory();
    const runner = await aRunner(directory);
    await runner.kill('SIGKILL');
    const server = await aServer(directory, { durable: true });
    expect(server.adopted).toBe(false);
    expect(await isRunning(runner.server.pid)).toBe(false);
    expect(await query(server.url(), 'show fsync')).toEqual([{ fsync: 'on' }]);
  });

  it('is refused by name when it does not answer', async () => {
    const directory = await aDirectory();
    const runner = await aRunner(directory);
    await runner.kill('SIGKILL');
    const { pid, url, dataDirectory } = runner.server;
    process.kill(pid, 'SIGSTOP');

    const refusal = await aServer(directory).catch((error) => error.message);

    expect(refusal).toContain(
      `PostgreSQL (pid ${pid}, port ${new URL(url).port}) is running on ${dataDirectory}`,
    );
    expect(refusal).toContain(`kill -INT ${pid}`);
    process.kill(pid, 'SIGCONT');
    expect((await aServer(directory)).adopted).toBe(true);
  });

  it('is refused when it does not know our password', async () => {
    const directory = await aDirectory();
    const runner = await aRunner(directory);
    await runner.kill('SIGKILL');
    await writeFile(join(directory, 'password'), 'another');
    await expect(aServer(directory)).rejects.toThrow('password authentication failed');
    expect(await isRunning(runner.server.pid)).toBe(true);
  });
});

describe('a pid file that no server stands behind', { timeout: REAL_SERVER_MS }, () => {
  it('is passed over when its pid is dead', async () => {
    const directory = await aDirectory();
    const killed = await aServer(directory);
    process.kill(killed.pid, 'SIGKILL');
    await killed.exited;
    await killed.stop();
    expect(await readFile(join(killed.dataDirectory, 'postmaster.pid'), 'utf8')).toContain(
      String(killed.pid),
    );
    expect((await aServer(directory)).adopted).toBe(false);
  });

  it('is passed over when its pid now belongs to another program of the same account', async () => {
    const directory = await aDirectory();
    const killed = await aServer(directory);
    const pidFile = join(killed.dataDirectory, 'postmaster.pid');
    const text = await readFile(pidFile, 'utf8');
    await killed.stop();
    const other = spawn('sleep', ['60'], { ...spawnOptions(await serverAccount(null)), stdio: 'ignore' });
    onTestFinished(async () => {
      other.kill();
      await once(other, 'exit');
    });
    await writeFile(pidFile, text.replace(/^\d+/, String(other.pid)));

    const server = await aServer(directory);

    expect(server.adopted).toBe(false);
    expect(await isRunning(other.pid!)).toBe(true);
  });

  it('is passed over when a crash of the machine has emptied it', async () => {
    const directory = await aDirectory();
    const { dataDirectory, stop } = await aServer(directory);
    await stop();
    await writeFile(join(dataDirectory, 'postmaster.pid'), '');
    expect((await aServer(directory)).adopted).toBe(false);
  });
});

describe('a living process that a pid file names', () => {
  const facts = { startedAt: '', workingDirectory: null };

  it('is the server of the folder it works in, where that can be seen', () => {
    expect(isServerOf('/a/data', { ...facts, command: 'x', workingDirectory: '/a/data' })).toBe(true);
    expect(isServerOf('/a/data', { ...facts, command: 'postgres', workingDirectory: '/b' })).toBe(false);
  });

  it('is otherwise known by its command, and taken for one in doubt', () => {
    expect(isServerOf('/a/data', { ...facts, command: '/x/postgres -D /a/data -p 1' })).toBe(true);
    expect(isServerOf('/a/data', { ...facts, command: '/x/postgres -D /b -p 1' })).toBe(false);
    expect(isServerOf('/a/data', { ...facts, command: '/x/postgres' })).toBe(true);
    expect(isServerOf('/a/data', { ...facts, command: 'vim /etc/hosts' })).toBe(false);
  });
});

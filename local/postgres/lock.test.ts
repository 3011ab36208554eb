import { readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { aDirectory, aRunner, aServer, query } from './fixture.ts';
import { lockDirectory } from './lock.ts';

const aFolder = async () => dirname(await aDirectory());
const locksIn = async (folder: string) => (await readdir(folder)).sort();

describe('the lock of a directory', () => {
  it('is held by one at a time, and free again when it is released', async () => {
    const folder = await aFolder();
    const lock = await lockDirectory(folder);
    await expect(lockDirectory(folder)).rejects.toThrow(
      `another Sublet (pid ${process.pid}) is using ${folder}`,
    );
    await lock.release();
    await (await lockDirectory(folder)).release();
    expect(await locksIn(folder)).toEqual(['runner.2.lock']);
  });

  it('passes from a dead owner to exactly one of twenty who want it', async () => {
    const folder = await aFolder();
    const ownPidInAnotherLife = JSON.stringify({ pid: process.pid, startedAt: 'long ago' });
    await writeFile(join(folder, 'runner.7.lock'), ownPidInAnotherLife);

    const wanted = Array.from({ length: 20 }, () => lockDirectory(folder));
    const results = await Promise.allSettled(wanted);

    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await locksIn(folder)).toEqual(['runner.8.lock']);
  });

  it('is not held by what a crash of the machine has torn', async () => {
    const folder = await aFolder();
    await writeFile(join(folder, 'runner.1.lock'), '');
    await (await lockDirectory(folder)).release();
  });
});

describe('a second runner on the same directory', { timeout: 60_000 }, () => {
  it('is told who was first, and leaves that one alone', async () => {
    const directory = await aDirectory();
    const first = await aRunner(directory);
    await expect(aServer(directory)).rejects.toThrow(
      `another Sublet (pid ${first.pid}) is using ${directory}`,
    );
    expect(await query(first.server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('may start when the first has stopped', async () => {
    const directory = await aDirectory();
    const first = await aRunner(directory);
    await first.kill('SIGTERM');
    expect((await aServer(directory)).adopted).toBe(false);
  });
});

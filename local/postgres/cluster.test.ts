import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { aDirectory, aServer, query } from './fixture.ts';

const IS_ROOT = process.getuid!() === 0;

/** A runner killed while its initdb, which goes on as an orphan, is writing. */
async function killInTheMiddleOfInitdb(directory: string): Promise<void> {
  const script = join(import.meta.dirname, 'fixture-runner.ts');
  const runner = spawn(process.execPath, [script, directory], { stdio: 'ignore' });
  const exited = once(runner, 'exit');
  const draftHasFiles = async () => {
    const [draft] = (await readdir(directory).catch(() => [])).filter((name) => name.startsWith('initdb-'));
    return draft !== undefined && (await readdir(join(directory, draft, 'data')).catch(() => [])).length > 5;
  };
  while (!(await draftHasFiles())) await sleep(5);
  runner.kill('SIGKILL');
  await exited;
}

describe('the data of a server', { timeout: 60_000 }, () => {
  it('are made anew when the first start was killed in the middle of it', async () => {
    const directory = await aDirectory();
    await killInTheMiddleOfInitdb(directory);
    expect(await readdir(directory)).not.toContain('data');

    const server = await aServer(directory);

    expect(await query(server.url(), 'select 1 as one')).toEqual([{ one: 1 }]);
    expect((await readdir(directory)).filter((name) => /initdb|draft/.test(name))).toEqual([]);
  });

  it('are refused when another major version made them', async () => {
    const directory = await aDirectory();
    const { stop, dataDirectory } = await aServer(directory);
    await stop();
    await writeFile(join(dataDirectory, 'PG_VERSION'), '17\n');
    await expect(aServer(directory)).rejects.toThrow(/was made by PostgreSQL 17, which \d+ cannot read/);
  });

  it('are refused when their password is missing', async () => {
    const directory = await aDirectory();
    await (await aServer(directory)).stop();
    await rm(join(directory, 'password'));
    await expect(aServer(directory)).rejects.toThrow('password is missing, which opens the data');
  });

  it('are refused when their password is another, by a server that is stopped again', async () => {
    const directory = await aDirectory();
    await (await aServer(directory)).stop();
    await writeFile(join(directory, 'password'), 'another\n');
    await expect(aServer(directory)).rejects.toThrow('password authentication failed');
    await rm(directory, { recursive: true });
    expect((await aServer(directory)).adopted).toBe(false);
  });

  it('are not put where something else is', async () => {
    const directory = await aDirectory();
    await (await aServer(directory)).stop();
    await rename(join(directory, 'data'), join(directory, 'away'));
    await mkdir(join(directory, 'data'));
    if (IS_ROOT) await chown(join(directory, 'data'), 65_534, 65_534);
    await expect(aServer(directory)).rejects.toThrow('is no PostgreSQL data folder');
  });
});

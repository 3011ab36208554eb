import { link, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { writeDraft, writePrivateFile } from './private-file.ts';
import { readProcess } from './process-facts.ts';

export interface Lock {
  release(): Promise<void>;
}

interface Owner {
  pid: number;
  startedAt: string;
}

const RELEASED = 'released\n';

/**
 * Takes `directory` for this process, or throws when a living one has it.
 *
 * Locks are numbered and the highest counts. A dead owner's is never removed and made anew, since
 * of two who both find it dead the slower would remove the faster one's; the next number is made
 * instead, which only one can. Numbers never fall, for a released lock stays until it is followed.
 */
export async function lockDirectory(directory: string): Promise<Lock> {
  const self = { pid: process.pid, startedAt: (await readProcess(process.pid))?.startedAt ?? '' };
  for (;;) {
    const newest = await newestLock(directory);
    const owner = newest > 0 ? await livingOwner(lockPath(directory, newest)) : null;
    if (owner) throw new Error(`another Sublet (pid ${owner.pid}) is using ${directory}`);
    const number = newest + 1;
    if (!(await makeLock(lockPath(directory, number), self))) continue;
    if ((await newestLock(directory)) > number) {
      // We were asleep while others came and went; ours is a number of the past.
      await rm(lockPath(directory, number), { force: true });
      continue;
    }
    await removeOlder(directory, number);
    return { release: () => release(lockPath(directory, number)) };
  }
}

const lockPath = (directory: string, number: number) => join(directory, `runner.${number}.lock`);

async function lockNumbers(directory: string): Promise<number[]> {
  const names = await readdir(directory);
  return names.flatMap((name) => /^runner\.(\d+)\.lock$/.exec(name)?.[1] ?? []).map(Number);
}

async function newestLock(directory: string): Promise<number> {
  return Math.max(0, ...(await lockNumbers(directory)));
}

async function removeOlder(directory: string, number: number): Promise<void> {
  for (const older of await lockNumbers(directory)) {
    if (older < number) await rm(lockPath(directory, older), { force: true });
  }
}

/** Linked into place rather than opened, so that nobody ever reads a lock without its owner in it. */
async function makeLock(path: string, owner: Owner): Promise<boolean> {
  const draft = await writeDraft(path, JSON.stringify(owner));
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function livingOwner(path: string): Promise<Owner | null> {
  const text = await readFile(path, 'utf8').catch(() => RELEASED); // followed by a newer one meanwhile
  if (text === RELEASED) return null;
  const owner = parseOwner(text);
  const living = owner && (await readProcess(owner.pid));
  return living && living.startedAt === owner.startedAt ? owner : null;
}

/** A living one's lock is always whole, so what cannot be read was torn by a crash of the machine. */
function parseOwner(text: string): Owner | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function release(path: string): Promise<void> {
  await writePrivateFile(path, RELEASED).catch((error) => {
    if (error.code !== 'ENOENT') throw error; // the whole directory was removed: nothing is locked
  });
}

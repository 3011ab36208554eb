import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Somebody else may remove an empty folder at any moment, Ollama after each delete: but not so often in a row. */
const MOST_ATTEMPTS = 20;
const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;

export const makeFolder = (folder: string) => mkdir(folder, { recursive: true, mode: FOLDER_MODE });

/**
 * Undefined for what is not there, or no longer (on NFS a file that another client removed while it was read, too), and
 * for a folder in a file's place.
 */
export async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR', 'ESTALE', 'EISDIR')) return undefined;
    throw error;
  }
}

/** Like `ifThere`, for what must not be missed: a stale handle is opened again, since the name may have a new file. */
export async function readIfThere(file: string): Promise<Buffer | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readFile(file);
    } catch (error) {
      if (isCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
      if (!isCode(error, 'ESTALE') || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

/** Does what needs a folder, and makes it as often as it is taken away. */
async function inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    await makeFolder(folder);
    try {
      return await work();
    } catch (error) {
      if (!isCode(error, 'ENOENT', 'ESTALE') || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

/** A new file in this folder, on the disk when this returns. @returns its path; the caller moves it to where it belongs. */
export async function writeTemporary(folder: string, bytes: Buffer): Promise<string> {
  const file = join(folder, `${Date.now().toString(36)}-${randomUUID()}`);
  await inFolder(folder, async () => {
    const handle = await open(file, 'w', FILE_MODE);
    try {
      await handle.writeFile(bytes);
      await handle.chmod(FILE_MODE); // whatever the umask is: other accounts read it
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
  return file;
}

/** Makes a staged file ready for its place: readable by all, young, and on the disk. */
export async function makeFit(file: string, size: number): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const found = await handle.stat();
    if (found.size !== size) throw new Error(`A staged file has ${found.size} bytes, not ${size}.`);
    await handle.chmod(FILE_MODE);
    const now = new Date();
    await handle.utimes(now, now);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Moves a file, also over another, so that a crash leaves the one or the other. */
export async function moveInto(place: string, file: string): Promise<void> {
  const folder = dirname(place);
  await inFolder(folder, () => rename(file, place));
  await ifThere(syncFolder(folder));
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @returns whether there was one. */
export async function removeFile(file: string): Promise<boolean> {
  return (await ifThere(unlink(file).then(() => true))) ?? false;
}

export const removeFolder = (folder: string) => rm(folder, { recursive: true, force: true, maxRetries: 3 });

/** Removes a folder and those above it, up to `top`, as long as they are empty. */
export async function removeEmptyFolders(folder: string, top: string): Promise<void> {
  for (let each = folder; each !== top && each.startsWith(top); each = dirname(each)) {
    try {
      await rmdir(each);
    } catch (error) {
      if (isCode(error, 'ENOTEMPTY', 'EEXIST')) return;
      if (!isCode(error, 'ENOENT')) throw error;
    }
  }
}

export const statIfThere = (file: string) => ifThere(stat(file));

const isCode = (error: unknown, ...codes: string[]) =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

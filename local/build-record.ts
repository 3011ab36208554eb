import { createHash } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a bundle's record lies, below which folder its files are named, and how the bundle is built. */
export interface Recorded {
  path: string;
  root: string;
  settings: unknown;
}

interface Note {
  madeBy: string;
  /** By file, from the root. */
  digests: Record<string, string>;
}

/** What decides how imports are resolved and understood, without being imported. */
const RULES = ['package.json', 'tsconfig.json', 'node_modules/.package-lock.json'];

/** True while a bundle and all that it was built from are, byte by byte, as they were noted, and so are the settings. */
export async function isUpToDate({ path, root, settings }: Recorded): Promise<boolean> {
  const record = await readFile(path, 'utf8').catch(() => undefined);
  if (record === undefined) return false;
  const { madeBy, digests }: Note = JSON.parse(record);
  if (madeBy !== JSON.stringify(settings)) return false;
  const same = Object.entries(digests).map(async ([file, digest]) => (await digestOf(root, file)) === digest);
  return (await Promise.all(same)).every(Boolean);
}

/**
 * Notes the files that went into a bundle and came out of it, named from `root`.
 *
 * Nothing is noted when one of them was changed since shortly before the build `began` (milliseconds since the epoch):
 * it may have been read as it was before.
 */
export async function noteBuild(
  { path, root, settings }: Recorded,
  { inputs, outputs, began }: { inputs: string[]; outputs: string[]; began: number },
): Promise<void> {
  const readFrom = [...RULES, ...inputs];
  const files = [...readFrom, ...outputs];
  const digests = await Promise.all(files.map(async (file) => [file, await digestOf(root, file)] as const));
  const changes = await Promise.all(readFrom.map((file) => changedAt(root, file)));
  if (Math.max(...changes) > began - CLOCK_STEP_MS) return;
  const draft = `${path}.${process.pid}`;
  const note: Note = { madeBy: JSON.stringify(settings), digests: Object.fromEntries(digests) };
  await writeFile(draft, JSON.stringify(note));
  await rename(draft, path);
}

/** Some file systems say only in which second, or in which two, a file was changed. */
const CLOCK_STEP_MS = 2_000;

async function digestOf(root: string, file: string): Promise<string> {
  const bytes = await readFile(join(root, file)).catch(() => undefined);
  return bytes ? createHash('sha256').update(bytes).digest('base64url') : 'none';
}

/** Of the file itself, not of its content's date, which a copy may bring with it; milliseconds since the epoch. */
const changedAt = async (root: string, file: string): Promise<number> =>
  (await stat(join(root, file)).catch(() => undefined))?.ctimeMs ?? 0;

import { existsSync, lstatSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Blob,
  blobPath,
  entriesOf,
  namedBlobs,
  readManifests,
  type StoredManifest,
} from './manifests.ts';

/** What a blob is spared for after it was last written (0.21.0 and later). */
const GRACE_MS = 3_600_000;

/** Renames what very old versions called `sha256:…`; done at every start. */
export function renameOldBlobs(store: string): void {
  const folder = join(store, 'blobs');
  for (const { name } of entriesOf(folder).filter((entry) => entry.name.startsWith('sha256:'))) {
    renameSync(join(folder, name), join(folder, name.replace(':', '-')));
  }
}

/**
 * Removes what no manifest names, as Ollama does at its start: files directly in `blobs/` that have not been written
 * for an hour, whatever they are called, then empty folders of `manifests/`. One bad manifest and nothing is removed.
 *
 * @returns the warning when it was skipped.
 */
export function prune(store: string, nowMs: number): string | undefined {
  const { good, warnings } = readManifests(store);
  const [warning] = warnings;
  if (warning) return `corrupt manifests detected, skipping prune operation: ${warning}`;
  const named = pathsOf(store, good);
  const unnamed = filesIn(join(store, 'blobs')).filter(
    (path) => !named.has(path) && nowMs - statSync(path).mtimeMs >= GRACE_MS,
  );
  for (const path of unnamed) rmSync(path);
  removeEmptyFolders(join(store, 'manifests'));
  return undefined;
}

/** Removes those of these blobs that no readable manifest names any more: at once, without an hour of grace. */
export function removeUnnamed(store: string, blobs: readonly Blob[]): void {
  const named = pathsOf(store, readManifests(store).good);
  for (const path of blobs.map(({ digest }) => blobPath(store, digest))) {
    if (!named.has(path)) rmSync(path, { force: true });
  }
}

/** Removes the folder too, if nothing is left in it (`PruneDirectory`). */
export function removeEmptyFolders(folder: string): void {
  if (!existsSync(folder) || !lstatSync(folder).isDirectory()) return;
  for (const { name } of entriesOf(folder)) removeEmptyFolders(join(folder, name));
  if (entriesOf(folder).length === 0) rmdirSync(folder);
}

const pathsOf = (store: string, manifests: readonly StoredManifest[]) =>
  new Set(manifests.flatMap(namedBlobs).map(({ digest }) => blobPath(store, digest)));

const filesIn = (folder: string): string[] =>
  entriesOf(folder)
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => join(folder, name));

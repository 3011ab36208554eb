import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ifThere, removeFile, removeFolder, statIfThere } from './durable-files.ts';
import type { Layout } from './layout.ts';
import { type Named, namedBlobs } from './named-blobs.ts';

/** What nobody names and nobody has touched for long. `path` is below the store's root. */
export interface Garbage {
  kind: 'blob' | 'partial' | 'staging' | 'temporary' | 'mark';
  path: string;
  /** Of which blob it is, where that is known: this is what others may want. */
  digest: string | undefined;
  bytes: number;
  /** When anything of it changed last. */
  changedMs: number;
}

/** The names of jobs and leases are in the database, so whoever collects knows them. */
export type IsWanted = (digest: string) => Promise<boolean>;

export interface Age {
  graceMs: number;
  nowMs: number;
}

export type Found = { status: 'found'; garbage: Garbage[] } | { status: 'blocked'; reason: string };

/**
 * Looks for what may go: blobs without a name, what was left of downloads (ours, and Ollama's in `blobs/`), files of
 * writers that are gone. Nothing at all when one manifest cannot be read, as Ollama does when it prunes.
 */
export async function findGarbage(layout: Layout, { graceMs, nowMs }: Age): Promise<Found> {
  const named = await namedBlobs(layout);
  if (named.status === 'unknown') return { status: 'blocked', reason: named.reason };
  const kinds = Object.keys(PLACES) as Garbage['kind'][];
  const all = await Promise.all(kinds.map((kind) => garbageOf(layout, kind, named)));
  return { status: 'found', garbage: all.flat().filter((each) => isOld(each, { graceMs, nowMs })) };
}

/** What no job can be known to want may be a writer's at work, so a grace that is shorter does not count for it. */
const LEAST_GRACE_MS = 3_600_000;

const isOld = ({ digest, changedMs }: Garbage, { graceMs, nowMs }: Age) =>
  nowMs - changedMs > (digest === undefined ? Math.max(graceMs, LEAST_GRACE_MS) : graceMs);

/** By its place and its name a file says what it is; in `blobs/` whatever is not ours or Ollama's stays. */
const PLACES: Record<Garbage['kind'], { folder: string; entry: RegExp }> = {
  blob: { folder: 'blobs', entry: /^sha256-(?<hex>[0-9a-f]{64})$/i },
  partial: { folder: 'blobs', entry: /^sha256-((?<hex>[0-9a-f]{64})-partial(-\d+)?|\d+)$/i },
  staging: { folder: '.pull', entry: /^((mirror-)?(?<hex>[0-9a-f]{64})|named-[0-9a-f]{64})$/ },
  temporary: { folder: '.pull/tmp', entry: /^[^/]+$/ },
  mark: { folder: '.pull/verified', entry: /^(?<hex>[0-9a-f]{64})$/ },
};

async function garbageOf(layout: Layout, kind: Garbage['kind'], named: Named): Promise<Garbage[]> {
  const { folder } = PLACES[kind];
  const entries = (await ifThere(readdir(join(layout.root, folder)))) ?? [];
  const found = await Promise.all(entries.map((entry) => lookAt(layout, kind, `${folder}/${entry}`, named)));
  return found.filter((each) => each !== undefined);
}

/**
 * Removes one piece of garbage, if it still is garbage: all is looked at anew, the blob itself once more after the
 * last question. The caller holds the blob's lease, so no job of ours can begin to use it in between.
 *
 * @returns whether it was removed by us.
 */
export async function removeGarbage(
  layout: Layout,
  { kind, path, changedMs }: Garbage,
  { graceMs, nowMs, isWanted }: Age & { isWanted: IsWanted },
): Promise<boolean> {
  const isStill = async () => {
    const named = await namedBlobs(layout);
    const found = named.status === 'known' && (await lookAt(layout, kind, path, named));
    return found && found.changedMs === changedMs && isOld(found, { graceMs, nowMs }) ? found : undefined;
  };
  const found = await isStill();
  if (!found || (found.digest !== undefined && (await isWanted(found.digest))) || !(await isStill()))
    return false;
  if (kind === 'staging') await removeFolder(join(layout.root, path));
  else if (!(await removeFile(join(layout.root, path)))) return false;
  if (kind === 'blob' && found.digest !== undefined) await removeFile(layout.mark(found.digest));
  return true;
}

/** One file or folder of this kind; undefined for what is named, is of another kind, or is gone. */
async function lookAt(
  layout: Layout,
  kind: Garbage['kind'],
  path: string,
  named: Named,
): Promise<Garbage | undefined> {
  const { folder, entry } = PLACES[kind];
  const match = path.startsWith(`${folder}/`) && entry.exec(path.slice(folder.length + 1));
  if (!match) return undefined;
  const digest = match.groups?.hex && `sha256:${match.groups.hex.toLowerCase()}`;
  if (kind === 'blob' && digest && isNamed(named, digest)) return undefined;
  if (kind === 'mark' && digest && (await statIfThere(layout.blob(digest)))) return undefined;
  const measured = await measure(join(layout.root, path), kind === 'staging');
  return measured && { kind, path, digest: kind === 'mark' ? undefined : digest, ...measured };
}

const isNamed = (named: Named, digest: string) => named.status === 'unknown' || named.digests.has(digest);

/** A change of the name counts too: what was restored from elsewhere is young here, whatever its time says. */
async function measure(
  path: string,
  isFolder: boolean,
): Promise<{ bytes: number; changedMs: number } | undefined> {
  const found = await statIfThere(path);
  if (!found || found.isDirectory() !== isFolder) return undefined;
  const inside = isFolder ? ((await ifThere(readdir(path))) ?? []) : [];
  const files = await Promise.all(inside.map((entry) => statIfThere(join(path, entry))));
  const all = [found, ...files.filter((file) => file !== undefined)];
  return {
    bytes: (isFolder ? all.slice(1) : all).reduce((sum, { size }) => sum + size, 0),
    changedMs: Math.max(...all.map(({ mtimeMs, ctimeMs }) => Math.max(mtimeMs, ctimeMs))),
  };
}

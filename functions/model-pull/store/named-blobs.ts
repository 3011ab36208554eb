import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import * as z from 'zod';
import { readIfThere } from './durable-files.ts';
import type { Layout } from './layout.ts';

/** All digests that any manifest names; unknown as soon as one manifest cannot be read, since that may name anything. */
export type Named = { status: 'known'; digests: Set<string> } | { status: 'unknown'; reason: string };

/**
 * Looser than what is served: also manifests that we would refuse name blobs that are somebody's. A list of manifests
 * (newer Ollamas have them) says what it names in other files, so it counts as not understood.
 */
const AnyManifest = z.looseObject({
  schemaVersion: z.literal(2),
  layers: z.array(z.looseObject({ digest: z.string() })).nullish(),
  manifests: z.undefined().optional(),
});

const DIGEST_IN_ANY_FORM = /^sha256[:-]([0-9a-f]{64})$/i;

/** Reads every file below `manifests/`, at whatever depth and of whatever name. */
export async function namedBlobs({ manifests }: Layout): Promise<Named> {
  const digests = new Set<string>();
  const files = await filesBelow(manifests);
  if (files === undefined) return { status: 'unknown', reason: 'A folder of manifests cannot be read.' };
  for (const file of files) {
    const found = await digestsIn(file);
    if (found === 'unreadable') {
      return { status: 'unknown', reason: `The manifest ${relative(manifests, file)} cannot be read.` };
    }
    for (const digest of found) digests.add(digest);
  }
  return { status: 'known', digests };
}

async function digestsIn(file: string): Promise<string[] | 'unreadable'> {
  try {
    const bytes = await readIfThere(file);
    if (!bytes) return []; // gone, and with it what it named
    const manifest = AnyManifest.parse(JSON.parse(bytes.toString('utf8')));
    const isWhole = manifest.layers?.every(({ digest }) => DIGEST_IN_ANY_FORM.test(digest)) ?? true;
    return isWhole ? digestsAmong(manifest) : 'unreadable';
  } catch {
    return 'unreadable'; // whatever the reason: it only means that nothing is removed
  }
}

/** Anything that looks like a digest, wherever it stands. */
function digestsAmong(value: unknown): string[] {
  if (typeof value === 'string') {
    const hex = DIGEST_IN_ANY_FORM.exec(value)?.[1];
    return hex ? [`sha256:${hex.toLowerCase()}`] : [];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(digestsAmong) : [];
}

/** Undefined when a folder cannot be read. */
async function filesBelow(folder: string): Promise<string[] | undefined> {
  const entries = await entriesOf(folder);
  if (!entries) return undefined;
  const nested = await Promise.all(
    entries.map((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    }),
  );
  return nested.every((files) => files !== undefined) ? nested.flat() : undefined;
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? [] : undefined; // just removed
  }
}

import { createHash } from 'node:crypto';
import { GatewayError } from '#shared/errors.ts';
import { isLarge, type ManifestBlob } from '#shared/protocol/registry/manifest.ts';
import { type ModelName, shortName } from '#shared/protocol/registry/model-name.ts';
import type { Workplace } from '../depot.ts';
import type { Done } from '../run/kinds.ts';
import type { Lease } from '../run/lease.ts';
import type { Store } from '../store/store.ts';
import { withBlob } from './with-blob.ts';

interface Finished {
  name: ModelName;
  /** The manifest, as it will stand in the store. */
  bytes: Buffer;
  blobs: readonly ManifestBlob[];
  /** Has one of them in the store. */
  put(blob: ManifestBlob): Promise<void>;
}

/** A delete beside us can take a blob between our putting it and our naming it; more often than this nobody deletes. */
const MOST_REPAIRS = 3;

/**
 * Makes a model exist. Its weights are put last of all blobs, and the manifest after them: an Ollama that saw the manifest
 * first would take it, until it is started again, for a model that can do nothing (reference: ollama.md 2.8).
 */
export async function publish(place: Workplace, model: Finished, lease: Lease): Promise<Done> {
  const { name, bytes, blobs, put } = model;
  const { store, database } = place;
  const putHeld = (blob: ManifestBlob) => withBlob(database, lease, blob.digest, () => put(blob));
  for (const blob of inOrder(blobs)) await putHeld(blob);
  lease.progress.phase = 'writing manifest';
  await lease.reportSurely();
  lease.assertHeld();
  await store.writeManifest(name, bytes);
  try {
    await mend(store, name, putHeld);
  } catch (error) {
    // What cannot be made whole is not left to be found: also when our caller has left in the middle of it.
    if (lease.isOurs && (await missingOf(store, name)).length > 0) await store.removeManifest(name);
    throw error;
  }
  return { manifestDigest: createHash('sha256').update(bytes).digest('hex'), result: null };
}

/** Puts back what was taken away before the manifest named it. */
async function mend(store: Store, name: ModelName, put: Finished['put']): Promise<void> {
  for (let repairsLeft = MOST_REPAIRS; ; repairsLeft -= 1) {
    const missing = await missingOf(store, name);
    if (missing.length === 0) return;
    if (repairsLeft === 0) throw takenAway(name);
    for (const blob of missing) await put(blob);
  }
}

/** Without a manifest somebody has removed the model meanwhile, and nothing is missing. */
const missingOf = async (store: Store, name: ModelName): Promise<ManifestBlob[]> =>
  (await store.assertWhole(name)) ?? [];

const inOrder = (blobs: readonly ManifestBlob[]) =>
  blobs.toSorted((one, other) => Number(isLarge(one)) - Number(isLarge(other)) || one.size - other.size);

const takenAway = (name: ModelName) =>
  new GatewayError(
    'gateway_not_ready',
    `Somebody removes the files of ${shortName(name)} as often as they are put back.`,
  );

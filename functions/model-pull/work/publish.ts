import { createHash } from 'node:crypto';
import { GatewayError } from '#shared/errors.ts';
import { isLarge, type ManifestBlob } from '#shared/protocol/registry/manifest.ts';
import { type ModelName, shortName } from '#shared/protocol/registry/model-name.ts';
import type { Workplace } from '../depot.ts';
import type { Done } from '../run/kinds.ts';
import type { Lease } from '../run/lease.ts';
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
  for (let repairsLeft = MOST_REPAIRS; ; repairsLeft -= 1) {
    // Without a manifest somebody has removed the model meanwhile, and there is nothing to mend.
    const missing = (await store.assertWhole(name)) ?? [];
    if (missing.length === 0) break;
    if (repairsLeft === 0) throw takenAway(name);
    for (const blob of missing) await putHeld(blob);
  }
  return { manifestDigest: createHash('sha256').update(bytes).digest('hex'), result: null };
}

const inOrder = (blobs: readonly ManifestBlob[]) =>
  blobs.toSorted((one, other) => Number(isLarge(one)) - Number(isLarge(other)) || one.size - other.size);

const takenAway = (name: ModelName) =>
  new GatewayError(
    'gateway_not_ready',
    `Somebody removes the files of ${shortName(name)} as often as they are put back.`,
  );

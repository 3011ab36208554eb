import { createHash } from 'node:crypto';
import { GatewayError } from '#shared/errors.ts';
import { shortDigest } from '#shared/protocol/registry/digest.ts';
import { blobsOf, readManifest } from '#shared/protocol/registry/manifest.ts';
import { type ModelName, shortName } from '#shared/protocol/registry/model-name.ts';
import type { StoredBlob } from './begun-upload.ts';
import type { Place } from './connection.ts';
import { mirrorBlob } from './mirror-blob.ts';
import { blobKey, manifestKey } from './mirror-keys.ts';
import { persist } from './persist.ts';
import { failureOf, StoreError } from './store-error.ts';
import { putWhole } from './upload.ts';

export interface MirrorFill {
  name: ModelName;
  /** Its bytes as they are in the store. */
  manifest: Buffer;
  /** Each that the manifest names. */
  blobs: readonly StoredBlob[];
  place: Place;
  /** A folder, `<store>/.pull`: in it, `mirror-<hex>/` remembers how far a blob has come. */
  checkpoints: string;
  signal: AbortSignal;
  onProgress(digest: string, completedBytes: number): void;
  /** What is not larger is sent at once, what is larger in parts of so many; OSS takes none of less than 100 KB. */
  partBytes?: number;
  /** Before it tries again for the first time. */
  pauseMs?: number;
}

const PART_BYTES = 16 * 1024 * 1024;

/**
 * Brings a model into the mirror: what is missing of its blobs, and its manifest last, so that one never names what
 * is not there. It can be ended at any time, and goes on where it was. Of two at once, each leaves it whole.
 *
 * @throws GatewayError, or the signal's reason.
 */
export async function fillMirror(fill: MirrorFill): Promise<void> {
  const { name, place, checkpoints, signal, partBytes = PART_BYTES, pauseMs = 500 } = fill;
  for (const blob of wantedOf(fill)) {
    const target = { place, signal, key: blobKey(place.bucket, blob.digest) };
    const onProgress = (completedBytes: number) => fill.onProgress(blob.digest, completedBytes);
    await orFailure(signal, `The blob ${shortDigest(blob.digest)}`, () =>
      mirrorBlob({ blob, target, checkpoints, partBytes, pauseMs, onProgress }),
    );
  }
  const target = { place, signal, key: manifestKey(place.bucket, name) };
  await orFailure(signal, `The manifest of ${shortName(name)}`, () =>
    persist({ signal, pauseMs }, () => putWhole(target, fill.manifest, sumsOf(fill.manifest))),
  );
}

/** The blobs that the manifest names, where they are. */
function wantedOf({ manifest, blobs }: MirrorFill): StoredBlob[] {
  const given = new Map(blobs.map((blob) => [blob.digest, blob]));
  return blobsOf(readManifest(manifest)).map(({ digest, size }) => {
    const blob = given.get(digest);
    if (blob?.size === size) return blob;
    const message = `The blob ${shortDigest(digest)} is not in this store as the manifest says; the model is not mirrored.`;
    throw new GatewayError('internal_error', message);
  });
}

const sumsOf = (bytes: Buffer) => ({
  digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
  md5: createHash('md5').update(bytes).digest('hex'),
});

async function orFailure(signal: AbortSignal, thing: string, work: () => Promise<unknown>) {
  try {
    await work();
  } catch (error) {
    signal.throwIfAborted();
    // What is wrong with our own files is none of the store's doing.
    throw error instanceof StoreError ? failureOf(error, thing) : error;
  }
}

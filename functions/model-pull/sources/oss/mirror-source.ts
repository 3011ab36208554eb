import { Readable } from 'node:stream';
import { GatewayError } from '#shared/errors.ts';
import { shortDigest } from '#shared/protocol/registry/digest.ts';
import { MANIFEST_LIMIT_BYTES } from '#shared/protocol/registry/manifest.ts';
import { type ModelName, shortName } from '#shared/protocol/registry/model-name.ts';
import type { BlobSource, Source } from '../source.ts';
import type { Place } from './connection.ts';
import { blobKey, manifestKey } from './mirror-keys.ts';
import { headOrFailure } from './object-source.ts';
import { readRange } from './read-object.ts';

/** A model as `fillMirror` left it in object storage. */
export function mirrorSource(name: ModelName, place: Place): Source {
  return {
    manifest: (signal) => manifestOf(name, place, signal),
    blob: ({ digest }) => mirroredBlob(digest, place),
  };
}

async function manifestOf(name: ModelName, place: Place, signal: AbortSignal): Promise<Buffer> {
  const key = manifestKey(place.bucket, name);
  const thing = `The manifest of ${shortName(name)}`;
  const { size, etag } = await headOrFailure(place, key, thing, signal);
  if (size === 0 || size > MANIFEST_LIMIT_BYTES)
    throw new GatewayError('upstream_error', `${thing} cannot be used: it has ${size} bytes.`);
  const within = AbortSignal.any([signal, AbortSignal.timeout(place.timeoutMs)]);
  try {
    const stream = await readRange(place, { key, range: { start: 0, end: size }, etag, thing }, within);
    return Buffer.concat(await stream.toArray());
  } catch (error) {
    signal.throwIfAborted();
    if (!within.aborted) throw error;
    throw new GatewayError('upstream_timeout', `${thing} did not come from object storage in time.`);
  }
}

function mirroredBlob(digest: string, place: Place): BlobSource {
  const key = blobKey(place.bucket, digest);
  const thing = `The blob ${shortDigest(digest)}`;
  return {
    size: async (signal) => (await headOrFailure(place, key, thing, signal)).size,
    // No version is asked for: the same bytes, put there again, are another one.
    read: async (range, signal) =>
      range.end === range.start ? Readable.from([]) : readRange(place, { key, range, thing }, signal),
  };
}

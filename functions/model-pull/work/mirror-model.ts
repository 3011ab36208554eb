import { GatewayError } from '#shared/errors.ts';
import type { ModelJob } from '#shared/model-jobs/job.ts';
import { blobsOf } from '#shared/protocol/registry/manifest.ts';
import { nameOfPath, shortName } from '#shared/protocol/registry/model-name.ts';
import type { Workplace } from '../depot.ts';
import type { Done } from '../run/kinds.ts';
import type { Lease } from '../run/lease.ts';
import { fillMirror } from '../sources/oss/fill-mirror.ts';

/** Copies a model of the store into object storage, from where other stores can pull it. */
export async function mirrorModel({ store, sources }: Workplace, job: ModelJob, lease: Lease): Promise<Done> {
  const name = nameOfPath(job.model);
  const stored = await store.readManifest(name);
  if (!stored) throw new GatewayError('model_not_found', `model '${shortName(name)}' not found`);
  const blobs = blobsOf(stored.manifest);
  lease.progress.names(blobs);
  lease.progress.phase = 'mirroring';
  await lease.reportSurely(); // from here on none of these blobs is garbage
  await fillMirror({
    name,
    manifest: stored.bytes,
    blobs: blobs.map(({ digest, size }) => ({ digest, size, file: store.blobFile(digest) })),
    place: sources.mirror(),
    checkpoints: store.stagingRoot,
    signal: lease.signal,
    onProgress: (digest, completed) => lease.progress.completed(digest, completed),
  });
  return { manifestDigest: stored.digest, result: null };
}

import { GatewayError } from '#shared/errors.ts';
import type { ModelJob } from '#shared/model-jobs/job.ts';
import type { ManifestBlob } from '#shared/protocol/registry/manifest.ts';
import { nameOfPath, shortName } from '#shared/protocol/registry/model-name.ts';
import type { Workplace } from '../depot.ts';
import { readCreateRequest } from '../derive/create-request.ts';
import { deriveModel } from '../derive/derive-model.ts';
import type { Done } from '../run/kinds.ts';
import type { Lease } from '../run/lease.ts';
import { publish } from './publish.ts';

/** Makes a model from one that is here: some hundred bytes are written, and the weights are shared. */
export async function createModel(place: Workplace, job: ModelJob, lease: Lease): Promise<Done> {
  const { store } = place;
  const name = nameOfPath(job.model);
  const request = readCreateRequest({ ...(job.request as object), model: shortName(name) });
  const derived = await deriveModel(store, request);
  lease.progress.names(derived.allBlobs);
  await lease.reportSurely();
  const texts = new Map(derived.newBlobs.map(({ digest, bytes }) => [digest, bytes]));
  const put = async ({ digest, size }: ManifestBlob) => {
    const text = texts.get(digest);
    if (text) await store.writeBlob(text);
    else if (await store.hasBlob(digest, size)) await store.touchBlob(digest);
    else throw baseGone(request.from);
    lease.progress.completed(digest, size);
  };
  const done = await publish(place, { name, bytes: derived.manifest, blobs: derived.allBlobs, put }, lease);
  return { ...done, result: { notes: derived.notes } };
}

const baseGone = (from: string) =>
  new GatewayError('model_not_found', `model '${from}' is not whole, try pulling it again`, {
    param: 'from',
  });

import type { ModelJob } from '#shared/model-jobs/job.ts';
import { nameOfPath } from '#shared/protocol/registry/model-name.ts';
import type { Workplace } from '../depot.ts';
import type { Done } from '../run/kinds.ts';
import type { Lease } from '../run/lease.ts';

/**
 * Removes a model's manifest. Its blobs stay until they are garbage: an instance elsewhere may have them mapped, and a file
 * that vanishes under it would end its process (reference: ollama.md 2.10, 7).
 */
export async function deleteModel({ store }: Workplace, job: ModelJob, lease: Lease): Promise<Done> {
  lease.assertHeld();
  await store.removeManifest(nameOfPath(job.model));
  return { manifestDigest: null, result: null };
}

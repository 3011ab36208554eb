import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '#shared/db/database.ts';
import { releaseBlob, takeBlob } from '#shared/model-jobs/blob-leases.ts';
import type { Lease } from '../run/lease.ts';
import { patiently } from '../run/patiently.ts';

const LOOK_EVERY_MS = 500;

/**
 * Does something to a blob that no other job may do anything to meanwhile; waits for its turn.
 *
 * @throws LeaseOver when the work at this job is over before.
 */
export async function withBlob<T>(
  database: Database,
  lease: Lease,
  digest: string,
  act: () => Promise<T>,
): Promise<T> {
  for (;;) {
    lease.assertHeld();
    const isOurs = await patiently(
      () => database.read((db) => takeBlob(db, digest, lease.taken)),
      lease.signal,
    );
    if (isOurs) break;
    await delay(LOOK_EVERY_MS, undefined, { signal: lease.signal }).catch(() => {});
  }
  try {
    return await act();
  } finally {
    // Where this fails it is ours until the job ends, and nobody's after that.
    await database.read((db) => releaseBlob(db, digest, lease.taken)).catch(() => {});
  }
}

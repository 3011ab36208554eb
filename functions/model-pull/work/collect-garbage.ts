import * as z from 'zod';
import { GatewayError } from '#shared/errors.ts';
import { releaseBlob, takeBlob, wantedBlobs } from '#shared/model-jobs/blob-leases.ts';
import type { ModelJob } from '#shared/model-jobs/job.ts';
import { forgetOldJobs } from '#shared/model-jobs/jobs.ts';
import type { Workplace } from '../depot.ts';
import type { Done } from '../run/kinds.ts';
import type { Lease } from '../run/lease.ts';
import type { Garbage } from '../store/garbage.ts';

const CollectWish = z.strictObject({ isDryRun: z.boolean(), graceMs: z.int().min(0) });

interface Piece {
  /** Below the store. */
  path: string;
  bytes: number;
  reason: string;
}

interface Result {
  dry_run: boolean;
  removed: Piece[];
  /** What others want, or began to use meanwhile. */
  kept: Piece[];
  bytes: number;
}

const REASONS = {
  blob: 'no model names it',
  partial: 'an Ollama left it half downloaded',
  staging: 'a pull that nobody goes on with',
  temporary: 'its writer is gone',
  mark: 'its blob is gone',
} as const satisfies Record<Garbage['kind'], string>;

/**
 * Removes what no model names, no open job is about to name, and nobody has touched for long.
 *
 * @throws GatewayError `conflict` while a manifest cannot be read: what it names would be taken for garbage.
 */
export async function collectGarbage(place: Workplace, job: ModelJob, lease: Lease): Promise<Done> {
  const { isDryRun, graceMs } = CollectWish.parse(job.request);
  const nowMs = Date.now();
  const found = await place.store.garbage({ graceMs, nowMs });
  if (found.status === 'blocked') throw new GatewayError('conflict', `Nothing is removed: ${found.reason}`);
  if (!isDryRun) await place.database.read(forgetOldJobs);
  const result: Result = { dry_run: isDryRun, removed: [], kept: [], bytes: 0 };
  for (const garbage of found.garbage) {
    lease.assertHeld();
    const isGone = isDryRun
      ? !(await isWanted(place, garbage))
      : await remove(place, garbage, lease, { graceMs, nowMs });
    const { path, bytes, kind } = garbage;
    (isGone ? result.removed : result.kept).push({ path, bytes, reason: REASONS[kind] });
    if (isGone) result.bytes += bytes;
  }
  return { manifestDigest: null, result };
}

async function remove(
  place: Workplace,
  garbage: Garbage,
  lease: Lease,
  age: { graceMs: number; nowMs: number },
): Promise<boolean> {
  const { store, database } = place;
  const { digest } = garbage;
  const rule = { ...age, isWanted: () => isWanted(place, garbage) };
  if (digest === undefined) return store.removeGarbage(garbage, rule);
  // What a job works at is no garbage, and there is no waiting for it.
  if (!(await database.read((db) => takeBlob(db, digest, lease.taken)))) return false;
  try {
    lease.assertHeld();
    return await store.removeGarbage(garbage, rule);
  } finally {
    await database.read((db) => releaseBlob(db, digest, lease.taken));
  }
}

async function isWanted({ database }: Workplace, { digest }: Garbage): Promise<boolean> {
  if (digest === undefined) return false;
  return (await database.read((db) => wantedBlobs(db, [digest]))).has(digest);
}

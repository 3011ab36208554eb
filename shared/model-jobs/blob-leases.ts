import { sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';
import { DIGEST } from '../protocol/registry/digest.ts';
import { JOB_ID, type Taken } from './job.ts';

/**
 * Takes a blob for a job, to write or to remove it; it is held while the job runs under this fence, or until released.
 * A job holds one blob at a time, so that no two wait for each other.
 *
 * The lock makes the second of two who come at once look after the first has written, with a view of its own. Both
 * statements are one message, and with that one transaction: in a transaction of several messages the driver ends the
 * whole process when the connection breaks between them. One message takes no parameters, so what goes in is checked here.
 *
 * @returns false when another job has it, or this one is no longer its worker's.
 */
export async function takeBlob(db: Drizzle, digest: string, { id, fence }: Taken): Promise<boolean> {
  if (!DIGEST.test(digest) || !JOB_ID.test(id) || !Number.isSafeInteger(fence)) {
    throw new TypeError(`No lease is given on ${digest} to ${id}.`);
  }
  const [, rows] = (await db.execute(
    sql.raw(`select pg_advisory_xact_lock(hashtextextended('${digest}', 0));
             insert into blob_leases as lease (digest, job_id, fence)
             select '${digest}', id, fence from model_jobs
              where id = '${id}' and fence = ${fence} and status = 'running' and lease_until > clock_timestamp()
             on conflict (digest) do update set job_id = excluded.job_id, fence = excluded.fence
              where lease.job_id = excluded.job_id or not exists (
                    select from model_jobs job
                     where job.id = lease.job_id and job.fence = lease.fence
                       and job.status = 'running' and job.lease_until > clock_timestamp())
             returning digest`),
  )) as unknown as [unknown, unknown[]];
  return rows.length > 0;
}

export async function releaseBlob(db: Drizzle, digest: string, { id, fence }: Taken): Promise<void> {
  await db.execute(
    sql`delete from blob_leases where digest = ${digest} and job_id = ${id} and fence = ${fence}`,
  );
}

/**
 * Those of these blobs that a job is about to name: it may be working, waiting, or interrupted. Or has named a moment ago:
 * whoever looks from another machine may see an older state of the folders for up to a minute (reference: nfs(5), `acdirmax`).
 */
export async function wantedBlobs(db: Drizzle, digests: readonly string[]): Promise<Set<string>> {
  const rows = await db.execute<{ digest: string }>(
    sql`select distinct wanted.digest
          from model_jobs job, unnest(job.digests) as wanted (digest)
         where wanted.digest = any (${`{${digests.join(',')}}`}::text[])
           and (job.status in ('queued', 'running')
                or job.status = 'ready' and job.kind in ('pull', 'create') and job.ended_at > now() - interval '5 minutes'
                   and not exists (select from model_jobs removal
                                    where removal.model = job.model and removal.kind = 'delete'
                                      and removal.status = 'ready' and removal.ended_at > job.ended_at))`,
  );
  return new Set([...rows].map(({ digest }) => digest));
}

import { type SQL, sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';
import type { JobKind, ModelJob, Progress, Taken } from './job.ts';
import { JOB_COLUMNS, type JobRow, jobOf, LISTED_COLUMNS, WATCHED_COLUMNS } from './job-row.ts';

export interface NewJob {
  id: string;
  kind: JobKind;
  model: string;
  request: object;
  requestedBy: string;
}

/**
 * Opens a job, or gives the one that is open for this model: of two who ask at once, the second is given the first's.
 *
 * @returns the job, which may be of another kind or ask for something else than `wanted`.
 */
export async function openJob(db: Drizzle, wanted: NewJob): Promise<ModelJob> {
  const { id, kind, model, request, requestedBy } = wanted;
  // The open one may end between the two statements: then the first succeeds at the next round.
  for (let roundsLeft = 10; roundsLeft > 0; roundsLeft -= 1) {
    const opened = await one(
      db,
      sql`insert into model_jobs (id, kind, model, request, requested_by)
          values (${id}, ${kind}, ${model}, ${JSON.stringify(request)}::jsonb, ${requestedBy})
          on conflict do nothing returning ${JOB_COLUMNS}`,
    );
    const job = opened ?? (await findJob(db, id)) ?? (await openJobOf(db, kind, model));
    if (job) return job;
  }
  throw new Error(`No job could be opened for ${model}.`);
}

const openJobOf = (db: Drizzle, kind: JobKind, model: string) =>
  one(
    db,
    sql`select ${JOB_COLUMNS} from model_jobs
         where model = ${model} and status in ('queued', 'running') and (kind = 'mirror') = ${kind === 'mirror'}`,
  );

export const findJob = (db: Drizzle, id: string): Promise<ModelJob | undefined> =>
  one(db, sql`select ${JOB_COLUMNS} from model_jobs where id = ${id}`);

/** The same without long texts of its request. */
export const watchedJob = (db: Drizzle, id: string): Promise<ModelJob | undefined> =>
  one(db, sql`select ${WATCHED_COLUMNS} from model_jobs where id = ${id}`);

/** The newest first, without long texts and results; `before` is the id of the last one that was seen. */
export async function listJobs(
  db: Drizzle,
  { limit, before, kinds }: { limit: number; before?: string; kinds: readonly JobKind[] },
): Promise<ModelJob[]> {
  const rows = await db.execute<JobRow>(
    sql`select ${LISTED_COLUMNS} from model_jobs
         where kind in (${sql.join(
           kinds.map((kind) => sql`${kind}`),
           sql`, `,
         )})
               ${before === undefined ? sql`` : sql`and (created_at, id) < (select created_at, id from model_jobs where id = ${before})`}
         order by model_jobs.created_at desc, id desc limit ${limit}`,
  );
  return [...rows].map(jobOf);
}

/** Takes a job to work at it, or nothing when somebody else does or it is over. */
export async function takeJob(db: Drizzle, id: string, leaseMs: number): Promise<Taken | undefined> {
  const job = await oneRow(
    db,
    sql`update model_jobs
           set status = 'running', attempt = attempt + 1, fence = nextval('model_job_fence'),
               lease_until = ${inFuture(leaseMs)}, started_at = coalesce(started_at, now()), updated_at = now()
         where id = ${id}
           and (status = 'queued' or status = 'running' and lease_until <= clock_timestamp())
           and not stop_requested
        returning ${LISTED_COLUMNS}`,
  );
  return job && { id, fence: Number(job.fence) };
}

/**
 * Tells how far it has come and renews the lease.
 *
 * @param digests the blobs that the model will name, once that is known.
 * @returns whether to stop; undefined when the lease is lost, so that nothing may be written any more.
 */
export async function reportProgress(
  db: Drizzle,
  { id, fence }: Taken,
  { phase, layers, digests }: Progress & { digests?: readonly string[] },
  leaseMs: number,
): Promise<{ stopRequested: boolean } | undefined> {
  const [completed, total] = [
    sum(layers.map((layer) => layer.completed)),
    sum(layers.map((layer) => layer.total)),
  ];
  const job = await oneRow(
    db,
    sql`update model_jobs
           set phase = ${phase}, layers = ${JSON.stringify(layers)}::jsonb, completed_bytes = ${completed}, total_bytes = ${total},
               digests = ${digests ? textArray(digests) : sql`digests`},
               lease_until = ${inFuture(leaseMs)}, updated_at = now()
         where id = ${id} and fence = ${fence} and status = 'running' and lease_until > clock_timestamp()
        returning ${LISTED_COLUMNS}`,
  );
  return job && { stopRequested: job.stop_requested };
}

export type Outcome =
  | { status: 'ready'; manifestDigest: string | null; result: object | null }
  | { status: 'failed'; failure: string; reason: string }
  | { status: 'stopped' }
  /** Given back for others to go on with. */
  | { status: 'queued' };

/** Ends the work at a job. @returns false when somebody else has it by now: then nothing is changed. */
export async function endJob(db: Drizzle, { id, fence }: Taken, outcome: Outcome): Promise<boolean> {
  const { status } = outcome;
  const failed = status === 'failed' ? outcome : undefined;
  const { manifestDigest, result } = status === 'ready' ? outcome : { manifestDigest: null, result: null };
  const job = await oneRow(
    db,
    sql`update model_jobs
           set status = ${status}, lease_until = null, failure = ${failed?.failure ?? null}, reason = ${failed?.reason ?? null},
               manifest_digest = ${manifestDigest}, result = ${result && JSON.stringify(result)}::jsonb, updated_at = now(),
               ended_at = ${status === 'queued' ? sql`null` : sql`now()`}
         where id = ${id} and fence = ${fence} and status = 'running'
        returning ${LISTED_COLUMNS}`,
  );
  return job !== undefined;
}

/**
 * Asks its worker to stop; one that nobody works at is stopped at once.
 *
 * @param only `idle`: one that has a worker is left alone.
 */
export const stopJob = (db: Drizzle, id: string, only?: 'idle'): Promise<ModelJob | undefined> =>
  one(
    db,
    sql`update model_jobs
           set stop_requested = true, updated_at = now(),
               status = case when ${NOBODY} then 'stopped' else status end,
               ended_at = case when ${NOBODY} then now() else ended_at end,
               lease_until = case when ${NOBODY} then null else lease_until end
         where id = ${id} and status in ('queued', 'running') ${only === 'idle' ? sql`and ${NOBODY}` : sql``}
        returning ${JOB_COLUMNS}`,
  );

const NOBODY = sql.raw(`(status = 'queued' or lease_until <= clock_timestamp())`);

/** Opens again a job that failed or was stopped. @returns undefined when it is not over, or another is open for its model. */
export const retryJob = (db: Drizzle, id: string): Promise<ModelJob | undefined> =>
  one(
    db,
    sql`update model_jobs job
           set status = 'queued', stop_requested = false, failure = null, reason = null, ended_at = null, updated_at = now()
         where id = ${id} and status in ('failed', 'stopped')
           and not exists (select from model_jobs other
                            where other.model = job.model and other.status in ('queued', 'running')
                              and (other.kind = 'mirror') = (job.kind = 'mirror'))
        returning ${JOB_COLUMNS}`,
  );

/** Forgets what ended long ago. */
export async function forgetOldJobs(db: Drizzle): Promise<void> {
  await db.execute(sql`delete from model_jobs where ended_at < now() - interval '90 days'`);
}

async function one(db: Drizzle, statement: SQL): Promise<ModelJob | undefined> {
  const row = await oneRow(db, statement);
  return row && jobOf(row);
}

async function oneRow(db: Drizzle, statement: SQL): Promise<JobRow | undefined> {
  const [row] = await db.execute<JobRow>(statement);
  return row;
}

const inFuture = (ms: number) => sql`clock_timestamp() + ${ms}::float8 * interval '1 millisecond'`;
const textArray = (texts: readonly string[]) => sql`${`{${texts.join(',')}}`}::text[]`;
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

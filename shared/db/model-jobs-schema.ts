import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgSequence,
  pgTable,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core';

const instant = (name: string) => timestamp(name, { withTimezone: true });
const bytes = (name: string) => bigint(name, { mode: 'number' }).notNull().default(0);

/** Each taking of a job gets the next one: whoever holds an older one is no longer its worker. */
export const modelJobFence = pgSequence('model_job_fence');

/**
 * What is to be done, is being done or was done to the models of the store.
 *
 * A job is `running` while somebody works at it under a lease; one whose lease is over was interrupted, and whoever comes
 * goes on. Of jobs that change a model only one is open at a time: the index `model_jobs_writer` is the lock on a model.
 */
export const modelJobs = pgTable(
  'model_jobs',
  {
    id: text().primaryKey(),
    kind: text({ enum: ['pull', 'create', 'delete', 'collect', 'mirror'] }).notNull(),
    /** `host/namespace/model/tag`; `*` for what concerns the whole store. */
    model: text().notNull(),
    /** What was asked for, as the job's kind reads it. Never a credential. */
    request: jsonb().notNull(),
    /** Who asked: `key 7`, `operator`. */
    requestedBy: text('requested_by').notNull(),
    status: text({ enum: ['queued', 'running', 'ready', 'failed', 'stopped'] })
      .notNull()
      .default('queued'),
    attempt: integer().notNull().default(0),
    fence: bigint({ mode: 'number' }).notNull().default(0),
    leaseUntil: instant('lease_until'),
    stopRequested: boolean('stop_requested').notNull().default(false),
    /** In Ollama's words: `pulling manifest`, `pulling`, `verifying sha256 digest`, `writing manifest`. */
    phase: text(),
    /** `[{digest, total, completed}]`, in the order of the manifest. */
    layers: jsonb().$type<{ digest: string; total: number; completed: number }[]>().notNull().default([]),
    completedBytes: bytes('completed_bytes'),
    totalBytes: bytes('total_bytes'),
    /** Blobs that the model is about to name; none of them is garbage while the job is open. */
    digests: text().array().notNull().default([]),
    /** Of the manifest that was written. */
    manifestDigest: text('manifest_digest'),
    /** What its kind gives back when it is done: what a collection removed, what to know of a model that was made. */
    result: jsonb(),
    failure: text(),
    reason: text(),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    startedAt: instant('started_at'),
    endedAt: instant('ended_at'),
  },
  (table) => [
    check('model_jobs_kind', sql`${table.kind} in ('pull', 'create', 'delete', 'collect', 'mirror')`),
    check('model_jobs_status', sql`${table.status} in ('queued', 'running', 'ready', 'failed', 'stopped')`),
    check('model_jobs_lease', sql`(${table.status} = 'running') = (${table.leaseUntil} is not null)`),
    check(
      'model_jobs_end',
      sql`(${table.status} in ('ready', 'failed', 'stopped')) = (${table.endedAt} is not null)`,
    ),
    check('model_jobs_reason', sql`(${table.status} = 'failed') = (${table.reason} is not null)`),
    uniqueIndex('model_jobs_writer')
      .on(table.model)
      .where(sql`${table.status} in ('queued', 'running') and ${table.kind} <> 'mirror'`),
    uniqueIndex('model_jobs_mirror')
      .on(table.model)
      .where(sql`${table.status} in ('queued', 'running') and ${table.kind} = 'mirror'`),
    index('model_jobs_created').on(table.createdAt, table.id),
  ],
);

/**
 * Who writes or removes a blob of the store. It holds while that job runs under this fence, so it needs no end of its own.
 */
export const blobLeases = pgTable(
  'blob_leases',
  {
    digest: text().primaryKey(),
    jobId: text('job_id')
      .notNull()
      .references(() => modelJobs.id, { onDelete: 'cascade' }),
    fence: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [index('blob_leases_job').on(table.jobId)],
);

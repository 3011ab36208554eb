import { sql } from 'drizzle-orm';
import type { JobKind, JobState, LayerProgress, ModelJob } from './job.ts';

/** What a job is read from; `is_live` is judged by the database's clock, as leases are. */
export type JobRow = {
  id: string;
  kind: JobKind;
  model: string;
  request: unknown;
  requested_by: string;
  status: 'queued' | 'running' | 'ready' | 'failed' | 'stopped';
  attempt: number;
  fence: string;
  is_live: boolean;
  stop_requested: boolean;
  result: unknown;
  phase: string | null;
  layers: LayerProgress[];
  completed_bytes: string;
  total_bytes: string;
  manifest_digest: string | null;
  failure: string | null;
  reason: string | null;
  created_at: string;
  updated_at: string;
  ended_at: string | null;
};

const columns = (request: string, result: string) =>
  sql.raw(`id, kind, model, ${request} as request, requested_by, status, attempt, fence,
  coalesce(lease_until > clock_timestamp(), false) as is_live, stop_requested, ${result} as result, phase, layers, completed_bytes,
  total_bytes, manifest_digest, failure, reason, created_at::text, updated_at::text, ended_at::text`);

export const JOB_COLUMNS = columns('request', 'result');

/** Without the texts that a request may hold, a megabyte each: for whoever looks twice a second. */
const SLIM = `request - '{template,system,license}'::text[]`;
export const WATCHED_COLUMNS = columns(SLIM, 'result');

/** And without what each gave back: there are many of them. */
export const LISTED_COLUMNS = columns(SLIM, 'null::jsonb');

export const jobOf = (row: JobRow): ModelJob => ({
  id: row.id,
  kind: row.kind,
  model: row.model,
  request: row.request,
  requestedBy: row.requested_by,
  attempt: row.attempt,
  stopRequested: row.stop_requested,
  result: row.result,
  createdAt: instant(row.created_at),
  updatedAt: instant(row.updated_at),
  state: stateOf(row),
});

function stateOf(row: JobRow): JobState {
  const done = {
    phase: row.phase,
    layers: row.layers,
    completedBytes: Number(row.completed_bytes),
    totalBytes: Number(row.total_bytes),
  };
  const endedAt = row.ended_at === null ? '' : instant(row.ended_at);
  switch (row.status) {
    case 'queued':
      return { status: 'queued' };
    case 'running':
      return { status: row.is_live ? 'running' : 'interrupted', ...done };
    case 'ready':
      return { status: 'ready', manifestDigest: row.manifest_digest, endedAt, ...done };
    case 'failed':
      return { status: 'failed', failure: row.failure ?? '', reason: row.reason ?? '', endedAt, ...done };
    case 'stopped':
      return { status: 'stopped', endedAt, ...done };
  }
}

const instant = (text: string) => new Date(text).toISOString();

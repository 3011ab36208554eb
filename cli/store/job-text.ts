import type { JobKind, ModelJob } from '#shared/model-jobs/job.ts';
import { nameOfPath, shortName } from '#shared/protocol/registry/model-name.ts';
import { card, table } from '../table.ts';
import { showBytes } from './measures.ts';

export const jobTable = (jobs: readonly ModelJob[]): string =>
  jobs.length === 0
    ? 'There are no pulls.\n'
    : table(
        ['ID', 'KIND', 'MODEL', 'STATUS', 'DONE', 'OF', 'BEGUN (UTC)', 'BY'],
        jobs.map((job) => [
          job.id,
          job.kind,
          modelOf(job),
          job.state.status,
          bytesOf(job, 'completedBytes'),
          bytesOf(job, 'totalBytes'),
          utc(job.createdAt),
          job.requestedBy,
        ]),
      );

export const jobCard = (job: ModelJob): string =>
  card([
    ['job', job.id],
    ['kind', job.kind],
    ['model', modelOf(job)],
    ['status', jobWords(job)],
    ['bytes', `${bytesOf(job, 'completedBytes') ?? '0 B'} of ${bytesOf(job, 'totalBytes') ?? '0 B'}`],
    ...manifestOf(job),
    ['by', job.requestedBy],
    ['attempts', job.attempt],
  ]);

/** What became of it, in one line. */
export const jobLine = (job: ModelJob): string => `${WORDS[job.kind]} of ${modelOf(job)}: ${jobWords(job)}.`;

const WORDS = {
  pull: 'The pull',
  create: 'The making',
  delete: 'The removal',
  collect: 'The clearing',
  mirror: 'The mirroring',
} as const satisfies Record<JobKind, string>;

function jobWords({ state, stopRequested }: ModelJob): string {
  if (state.status === 'failed') return `failed: ${state.reason.replace(/\.$/, '')}`;
  return stopRequested && state.status === 'running' ? 'running, and asked to stop' : state.status;
}

/** As Ollama shows it. */
export function modelOf({ model }: ModelJob): string {
  try {
    return shortName(nameOfPath(model));
  } catch {
    return model;
  }
}

const bytesOf = ({ state }: ModelJob, which: 'completedBytes' | 'totalBytes') =>
  state.status === 'queued' ? null : showBytes(state[which]);

const manifestOf = ({ state }: ModelJob): [string, string][] =>
  state.status === 'ready' && state.manifestDigest !== null ? [['manifest', state.manifestDigest]] : [];

const utc = (instant: string) => instant.slice(0, 16).replace('T', ' ');

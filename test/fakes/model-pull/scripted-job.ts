import type { JobKind, JobState, ModelJob } from '#shared/model-jobs/job.ts';
import { newJobId } from '#shared/model-jobs/job.ts';
import { modelPath, parseModelName } from '#shared/protocol/registry/model-name.ts';

const AT = '2026-08-01T00:00:00.000Z';
const DIGEST = `sha256:${'ab'.repeat(32)}`;
const TOTAL = 4_000_000_000;

const at = (phase: string, completed: number) => ({
  phase,
  layers: [{ digest: DIGEST, total: TOTAL, completed }],
  completedBytes: completed,
  totalBytes: TOTAL,
});

const running = (phase: string, completed: number): JobState => ({
  status: 'running',
  ...at(phase, completed),
});

export const READY: JobState = {
  status: 'ready',
  manifestDigest: DIGEST,
  endedAt: AT,
  ...at('success', TOTAL),
};
export const INTERRUPTED: JobState = { status: 'interrupted', ...at('pulling', TOTAL / 2) };
export const FAILED: JobState = {
  status: 'failed',
  failure: 'not_found',
  reason: 'pull model manifest: file does not exist.',
  endedAt: AT,
  ...at('pulling manifest', 0),
};
export const STOPPED: JobState = { status: 'stopped', endedAt: AT, ...at('pulling', TOTAL / 2) };

/** What a pull goes through that goes well. */
export const PULL: readonly JobState[] = [
  running('pulling manifest', 0),
  running('pulling', TOTAL / 4),
  running('pulling', TOTAL / 2),
  running('verifying sha256 digest', TOTAL),
  READY,
];

export const aJob = (kind: JobKind, name: string, request: object, id = newJobId()): ModelJob => ({
  id,
  kind,
  model: modelPath(parseModelName(name)),
  request,
  requestedBy: 'operator',
  attempt: 0,
  stopRequested: false,
  result: null,
  createdAt: AT,
  updatedAt: AT,
  state: { status: 'queued' },
});

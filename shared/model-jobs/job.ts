import { newRequestId } from '../request-id.ts';

export type JobKind = 'pull' | 'create' | 'delete' | 'collect' | 'mirror';

/** One blob of a model on its way. */
export interface LayerProgress {
  digest: string;
  total: number;
  completed: number;
}

/** How far a job has come. */
export interface Progress {
  /** In Ollama's words: `pulling manifest`, `pulling`, `verifying sha256 digest`, `writing manifest`. */
  phase: string;
  layers: LayerProgress[];
}

export type JobState =
  | { status: 'queued' }
  | ({ status: 'running' } & Done)
  /** Its worker is gone, and whoever comes next goes on from there. */
  | ({ status: 'interrupted' } & Done)
  | ({ status: 'ready'; manifestDigest: string | null; endedAt: string } & Done)
  | ({ status: 'failed'; failure: string; reason: string; endedAt: string } & Done)
  | ({ status: 'stopped'; endedAt: string } & Done);

interface Done {
  phase: string | null;
  layers: LayerProgress[];
  completedBytes: number;
  totalBytes: number;
}

/** One thing to do to the store, as everybody may see it who may see jobs. */
export interface ModelJob {
  id: string;
  kind: JobKind;
  /** `host/namespace/model/tag`, or `*`. */
  model: string;
  request: unknown;
  requestedBy: string;
  attempt: number;
  stopRequested: boolean;
  /** What it gave back, by its kind; null while it is not done. */
  result: unknown;
  createdAt: string;
  updatedAt: string;
  state: JobState;
}

export const isOver = ({ state: { status } }: ModelJob): boolean =>
  status === 'ready' || status === 'failed' || status === 'stopped';

/** The right to work at a job: it holds until the lease is over or somebody with a later fence has taken the job. */
export interface Taken {
  id: string;
  fence: number;
}

/** `job_` and a UUIDv7, so that ids sort by time. */
export const newJobId = (nowMs = Date.now()): string => newRequestId(nowMs).replace(/^req_/, 'job_');

export const JOB_ID = /^job_[0-9a-f]{32}$/;

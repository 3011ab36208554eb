import { isDeepStrictEqual } from 'node:util';
import { GatewayError } from '#shared/errors.ts';
import { type JobKind, type ModelJob, newJobId } from '#shared/model-jobs/job.ts';
import { openJob, stopJob } from '#shared/model-jobs/jobs.ts';
import { nameOfPath, shortName } from '#shared/protocol/registry/model-name.ts';
import type { Depot } from '../depot.ts';

interface Wanted {
  /** Chosen by whoever asks, so that asking twice opens one job. */
  id?: string | undefined;
  kind: JobKind;
  model: string;
  request: object;
  requestedBy: string;
}

/**
 * Opens a job, or joins one that does the same.
 *
 * Of jobs that change a model one is open at a time. One that was left by its worker, and that nobody goes on with, makes way.
 *
 * @throws GatewayError `conflict` while something else is being done to the model.
 */
export async function openWriter({ database }: Depot, wanted: Wanted): Promise<ModelJob> {
  const { id = newJobId(), kind, model, request, requestedBy } = wanted;
  for (let roundsLeft = 5; ; roundsLeft -= 1) {
    const job = await database.read((db) => openJob(db, { id, kind, model, request, requestedBy }));
    if (isTheSame(job, wanted)) return job;
    if (job.id === id) throw conflict(`There is another job ${id}.`);
    if (job.state.status === 'running' || roundsLeft === 0) throw conflict(busy(job));
    // Who has taken it meanwhile is found at the next round.
    await database.read((db) => stopJob(db, job.id, 'idle'));
  }
}

const isTheSame = (job: ModelJob, { kind, model, request }: Wanted) =>
  job.kind === kind && job.model === model && isDeepStrictEqual(job.request, plain(request));

/** As it comes back from the database: without what is undefined. */
const plain = (request: object): unknown => JSON.parse(JSON.stringify(request));

const DOING = {
  pull: 'is being pulled',
  create: 'is being made',
  delete: 'is being removed',
  collect: 'is being cleared of garbage',
  mirror: 'is being mirrored',
} as const satisfies Record<JobKind, string>;

const busy = ({ id, kind, model }: ModelJob) =>
  `${model === '*' ? 'The store' : `\`${shortName(nameOfPath(model))}\``} ${DOING[kind]} (${id}). Wait until that is over, or stop it.`;

const conflict = (message: string) => new GatewayError('conflict', message);

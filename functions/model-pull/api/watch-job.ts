import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError } from '#shared/errors.ts';
import { isOver, type ModelJob } from '#shared/model-jobs/job.ts';
import { watchedJob } from '#shared/model-jobs/jobs.ts';
import type { Depot } from '../depot.ts';
import { patiently } from '../run/patiently.ts';

const LOOK_EVERY_MS = 500;

/** A job as it changes, until it is over: from the database, so that it does not matter where it is worked at. */
export async function* watchJob(
  { database }: Depot,
  id: string,
  left: AbortSignal,
): AsyncGenerator<ModelJob, void> {
  let last = '';
  while (!left.aborted) {
    const job = await patiently(() => database.read((db) => watchedJob(db, id)), left);
    if (!job) throw noSuchJob(id);
    const seen = JSON.stringify(job);
    if (seen !== last) yield job;
    if (isOver(job)) return;
    last = seen;
    await delay(LOOK_EVERY_MS, undefined, { signal: left }).catch(() => {});
  }
}

export const noSuchJob = (id: string) =>
  new GatewayError('not_found', `There is no job \`${id.slice(0, 100)}\`.`);

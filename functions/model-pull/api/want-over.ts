import type { ModelJob } from '#shared/model-jobs/job.ts';
import { retryJob } from '#shared/model-jobs/jobs.ts';
import type { Depot } from '../depot.ts';

/** As often as others leave while we wait; more often than this nobody does. */
const MOST_ROUNDS = 3;

/** Has a job worked at until it is over. One that ended only since all others who waited for it had left begins again. */
export async function wantOver({ runs, database }: Depot, id: string, left: AbortSignal): Promise<ModelJob> {
  for (let roundsLeft = MOST_ROUNDS; ; roundsLeft -= 1) {
    const job = await runs.want(id, left);
    const wasLeft = job.state.status === 'stopped' && !job.stopRequested;
    if (!wasLeft || left.aborted || roundsLeft === 0) return job;
    await database.read((db) => retryJob(db, id));
  }
}

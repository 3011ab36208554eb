import type { Context } from 'hono';
import { GatewayError } from '#shared/errors.ts';
import type { ModelJob } from '#shared/model-jobs/job.ts';
import { findJob, retryJob, stopJob } from '#shared/model-jobs/jobs.ts';
import type { Depot } from '../../depot.ts';
import type { DepotEnv } from '../../depot-env.ts';
import { wantOver } from '../want-over.ts';
import { noSuchJob } from '../watch-job.ts';

/**
 * `POST /pulls/{id}/run`: works at a job, or waits while another instance does, and answers when it is over. Meant to be
 * invoked asynchronously; delivered twice it is done once. Without `x-fc-status`, Function Compute takes any answer for a
 * success (reference: fc-docs 04/108), and a run that failed for the moment is worth its one more try.
 */
export const runPull =
  (depot: Depot) =>
  async (c: Context<DepotEnv>): Promise<Response> => {
    const id = c.req.param('id') ?? '';
    const job = await wantOver(depot, id, c.env.hungUp);
    const isAgain = job.state.status === 'queued' || job.state.status === 'interrupted';
    return isAgain ? c.json({ pull: job }, 503, { 'x-fc-status': '404' }) : c.json({ pull: job });
  };

/** `POST /pulls/{id}/stop`; one that is over stays as it is. */
export const stopPull =
  (depot: Depot) =>
  async (c: Context<DepotEnv>): Promise<Response> => {
    const id = c.req.param('id') ?? '';
    const stopped = await depot.database.read((db) => stopJob(db, id));
    return c.json({ pull: stopped ?? (await found(depot, id)) });
  };

/** `POST /pulls/{id}/retry`: opens one that failed or was stopped; what it had brought is not brought again. */
export const retryPull =
  (depot: Depot) =>
  async (c: Context<DepotEnv>): Promise<Response> => {
    const id = c.req.param('id') ?? '';
    const job = await depot.database.read((db) => retryJob(db, id));
    if (job) return c.json({ pull: job });
    const present = await found(depot, id);
    const { state } = present;
    const isOpen = state.status === 'queued' || state.status === 'interrupted';
    if (isOpen) return c.json({ pull: present });
    throw new GatewayError(
      'conflict',
      state.status === 'failed' || state.status === 'stopped'
        ? 'Another job is open for this model.'
        : `This job is ${state.status}: there is nothing to retry.`,
    );
  };

async function found({ database }: Depot, id: string): Promise<ModelJob> {
  const job = await database.read((db) => findJob(db, id));
  if (!job) throw noSuchJob(id);
  return job;
}

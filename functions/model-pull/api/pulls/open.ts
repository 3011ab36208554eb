import type { Context } from 'hono';
import * as z from 'zod';
import { JOB_ID } from '#shared/model-jobs/job.ts';
import { modelPath } from '#shared/protocol/registry/model-name.ts';
import type { Depot } from '../../depot.ts';
import type { DepotEnv } from '../../depot-env.ts';
import { PullRequest } from '../../work/requests.ts';
import { openWriter } from '../open-writer.ts';
import { pullWish } from '../pull-wish.ts';
import { namedModel, readRequest } from '../read-request.ts';

const OpenRequest = PullRequest.extend({
  id: z.string().regex(JOB_ID, 'must be job_ and 32 hex digits').nullish(),
});

/**
 * `POST /pulls`: opens a pull, which is then run by `POST /pulls/{id}/run`. With an `id` of the caller's, asking twice
 * opens one.
 */
export const openPull =
  (depot: Depot) =>
  async (c: Context<DepotEnv>): Promise<Response> => {
    const { id, ...request } = await readRequest(c, depot, OpenRequest);
    const name = await namedModel(depot, request);
    const job = await openWriter(depot, {
      id: id ?? undefined,
      kind: 'pull',
      model: modelPath(name),
      request: pullWish(depot, name, request),
      requestedBy: c.var.subject,
    });
    return c.json({ pull: job }, job.attempt === 0 ? 201 : 200);
  };

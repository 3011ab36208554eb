import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import { modelPath } from '#shared/protocol/registry/model-name.ts';
import type { Depot } from '../depot.ts';
import type { DepotEnv } from '../depot-env.ts';
import { PullRequest } from '../work/requests.ts';
import { openWriter } from './open-writer.ts';
import { PullLines } from './pull-lines.ts';
import { pullWish } from './pull-wish.ts';
import { namedModel, readRequest } from './read-request.ts';
import { tellProgress } from './tell-progress.ts';

/**
 * `POST /api/pull`, as Ollama has it: brings a model while the caller waits, with its progress as NDJSON unless
 * `stream` is false. A pull that is under way is joined; one for which nobody waits any more ends, and goes on with the next.
 */
export const pull =
  (depot: Depot) =>
  async (c: Context<DepotEnv>): Promise<Response> => {
    const request = await readRequest(c, depot, PullRequest);
    const name = await namedModel(depot, request);
    const wish = {
      kind: 'pull',
      model: modelPath(name),
      request: pullWish(depot, name, request),
      requestedBy: c.var.subject,
    } as const;
    const job = await openWriter(depot, wish);
    await tellProgress(depot, c.env, job.id, { lines: new PullLines(), isStream: request.stream !== false });
    return RESPONSE_ALREADY_SENT;
  };

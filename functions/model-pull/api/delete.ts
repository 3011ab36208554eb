import type { Context } from 'hono';
import * as z from 'zod';
import { GatewayError } from '#shared/errors.ts';
import { modelPath, shortName } from '#shared/protocol/registry/model-name.ts';
import type { Depot } from '../depot.ts';
import type { DepotEnv } from '../depot-env.ts';
import { assertReady } from './assert-ready.ts';
import { openWriter } from './open-writer.ts';
import { namedModel, readRequest } from './read-request.ts';

const DeleteRequest = z.looseObject({ model: z.string().nullish(), name: z.string().nullish() });

/**
 * `DELETE /api/delete`: the model is gone at once, its files when nobody can be using them: see collect-garbage.ts.
 *
 * @throws GatewayError `model_not_found`, in Ollama's words.
 */
export const deleteModel =
  (depot: Depot) =>
  async (c: Context<DepotEnv>): Promise<Response> => {
    const name = await namedModel(depot, await readRequest(c, depot, DeleteRequest));
    // Also one that cannot be used: as long as it is there, no garbage is collected.
    if (!(await depot.store.hasManifest(name))) {
      throw new GatewayError('model_not_found', `model '${shortName(name)}' not found`);
    }
    const wanted = {
      kind: 'delete',
      model: modelPath(name),
      request: {},
      requestedBy: c.var.subject,
    } as const;
    const job = await openWriter(depot, wanted);
    assertReady(await depot.runs.want(job.id, c.env.hungUp));
    return c.body(null, 200);
  };

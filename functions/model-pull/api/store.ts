import type { Context } from 'hono';
import * as z from 'zod';
import { GatewayError } from '#shared/errors.ts';
import { shortName } from '#shared/protocol/registry/model-name.ts';
import type { Depot } from '../depot.ts';
import type { DepotEnv } from '../depot-env.ts';
import { namedModel, readRequest } from './read-request.ts';

const ShowRequest = z.looseObject({
  model: z.string().nullish(),
  name: z.string().nullish(),
  verbose: z.boolean().nullish(),
});

/** `GET /api/tags`: the models of the store. */
export const listTags =
  ({ store }: Depot) =>
  async (c: Context<DepotEnv>): Promise<Response> =>
    c.json({ models: await store.tags() });

/** `POST /api/show` @throws GatewayError `model_not_found` */
export const showModel =
  (depot: Depot) =>
  async (c: Context<DepotEnv>): Promise<Response> => {
    const request = await readRequest(c, depot, ShowRequest);
    const name = await namedModel(depot, request);
    const shown = await depot.store.show(name, { verbose: request.verbose === true });
    if (!shown) throw new GatewayError('model_not_found', `model '${shortName(name)}' not found`);
    return c.json(shown);
  };

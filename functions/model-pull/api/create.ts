import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import * as z from 'zod';
import { modelPath } from '#shared/protocol/registry/model-name.ts';
import type { Depot } from '../depot.ts';
import type { DepotEnv } from '../depot-env.ts';
import { readCreateRequest } from '../derive/create-request.ts';
import { CreateLines } from './create-lines.ts';
import { openWriter } from './open-writer.ts';
import { namedModel, readRequest } from './read-request.ts';
import { tellProgress } from './tell-progress.ts';

const Body = z.record(z.string(), z.unknown());

/** `POST /api/create`: another model of one that is here, in the part that is done here (derive/create-request.ts). */
export const createModel =
  (depot: Depot) =>
  async (c: Context<DepotEnv>): Promise<Response> => {
    const body = await readRequest(c, depot, Body);
    const { model: named } = readCreateRequest(body);
    const { model: _, name: _old, stream, ...request } = body;
    const model = modelPath(await namedModel(depot, { model: named }));
    const job = await openWriter(depot, { kind: 'create', model, request, requestedBy: c.var.subject });
    await tellProgress(depot, c.env, job.id, { lines: new CreateLines(), isStream: stream !== false });
    return RESPONSE_ALREADY_SENT;
  };

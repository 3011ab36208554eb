import type { Context } from 'hono';
import * as z from 'zod';
import { GatewayError } from '#shared/errors.ts';
import { modelPath, shortName } from '#shared/protocol/registry/model-name.ts';
import type { Depot } from '../depot.ts';
import type { DepotEnv } from '../depot-env.ts';
import { openWriter } from './open-writer.ts';
import { namedModel, readRequest } from './read-request.ts';

const MirrorRequest = z.looseObject({ model: z.string().nullish(), name: z.string().nullish() });

/** `POST /mirror`: opens a job that copies a model of the store into object storage; it is run like a pull. */
export const fillMirror =
  (depot: Depot) =>
  async (c: Context<DepotEnv>): Promise<Response> => {
    depot.sources.mirror(); // or say at once that there is none
    const name = await namedModel(depot, await readRequest(c, depot, MirrorRequest));
    if (!(await depot.store.readManifest(name))) {
      throw new GatewayError('model_not_found', `model '${shortName(name)}' not found`);
    }
    const wanted = {
      kind: 'mirror',
      model: modelPath(name),
      request: {},
      requestedBy: c.var.subject,
    } as const;
    const job = await openWriter(depot, wanted);
    return c.json({ pull: job }, job.attempt === 0 ? 201 : 200);
  };

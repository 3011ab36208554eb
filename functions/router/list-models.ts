import type { Context } from 'hono';
import { mayUse } from '#shared/keys/find-key.ts';
import { modelObject } from '#shared/protocol/openai/model-object.ts';
import type { RouterEnv } from './router-env.ts';
import { requireModel } from './steps/find-model.ts';

/** `GET /v1/models`: what this key may use, and nothing that says what else there is. */
export function listModels(c: Context<RouterEnv>): Response {
  const { caller, catalog } = c.var;
  const models = [...catalog.models.values()].filter((model) => mayUse(caller, model.name));
  return c.json({ object: 'list', data: models.map(modelObject) });
}

/** `GET /v1/models/{id}`; an id may hold slashes, written as such or as `%2F`. */
export function getModel(c: Context<RouterEnv>): Response {
  return c.json(modelObject(requireModel(c.var.catalog, c.var.caller, c.req.param('id') ?? '')));
}

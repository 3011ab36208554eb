import type { Context } from 'hono';
import type { Model } from '#shared/catalog/catalog.ts';
import { mayUse } from '#shared/keys/find-key.ts';
import type { Gateway } from '../gateway.ts';
import type { RouterEnv } from '../router-env.ts';
import { loadedObject, tagObject } from './model-objects.ts';

/** `GET /api/tags`: what this key may use, wherever it is served. */
export function listTags(c: Context<RouterEnv>): Response {
  return c.json({ models: modelsOf(c).map(tagObject) });
}

/** `GET /api/ps`: those of them that some upstream has in memory, as far as this router knows. */
export const listLoaded =
  ({ fleet }: Gateway) =>
  async (c: Context<RouterEnv>): Promise<Response> => {
    await fleet.look();
    return c.json({
      models: modelsOf(c)
        .filter((model) => fleet.isLoaded(model))
        .map(loadedObject),
    });
  };

function modelsOf(c: Context<RouterEnv>): Model[] {
  const { caller, catalog } = c.var;
  return [...catalog.models.values()].filter((model) => mayUse(caller, model.name));
}

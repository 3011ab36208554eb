import type { CatalogSnapshot, Model, Route } from '#shared/catalog/catalog.ts';
import { GatewayError } from '#shared/errors.ts';
import { type Caller, mayUse } from '#shared/keys/find-key.ts';

/** The model that a caller means by a name, if there is one and it may use it; Ollama's users leave `:latest` out. */
export function findModel(catalog: CatalogSnapshot, caller: Caller, name: string): Model | undefined {
  const named = (each: string) => catalog.models.get(catalog.aliases.get(each) ?? each);
  const model = named(name) ?? named(`${name}:latest`);
  return model && mayUse(caller, model.name) ? model : undefined;
}

/** @throws GatewayError `model_not_found`, with the same words for a model that is not there and one not allowed. */
export function requireModel(catalog: CatalogSnapshot, caller: Caller, name: string): Model {
  const model = findModel(catalog, caller, name);
  if (model) return model;
  throw noSuchModel(name);
}

export const noSuchModel = (name: string) =>
  new GatewayError(
    'model_not_found',
    `The model \`${name.slice(0, 200)}\` does not exist or you do not have access to it.`,
    { param: 'model' },
  );

/**
 * Chooses where a call goes: the lowest tier, by weight.
 *
 * @param chance uniform in [0, 1)
 * @throws GatewayError `server_overloaded` when the model is served nowhere at the moment.
 */
export function chooseRoute(model: Model, chance: number): Route {
  const lowest = Math.min(...model.routes.map((route) => route.tier));
  const tier = model.routes.filter((route) => route.tier === lowest);
  let left = chance * tier.reduce((sum, route) => sum + route.weight, 0);
  const chosen = tier.find((route) => {
    left -= route.weight;
    return left < 0;
  });
  if (chosen) return chosen;
  throw new GatewayError('server_overloaded', `The model \`${model.name}\` is not served at the moment.`, {
    param: 'model',
    retryAfterMs: 10_000,
  });
}

import { type CatalogSnapshot, type Model, modelNamed } from '#shared/catalog/catalog.ts';
import { GatewayError } from '#shared/errors.ts';
import { type Caller, mayUse } from '#shared/keys/find-key.ts';

/** The model that a caller means by a name, if there is one and it may use it. */
export function findModel(catalog: CatalogSnapshot, caller: Caller, name: string): Model | undefined {
  const model = modelNamed(catalog, name);
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

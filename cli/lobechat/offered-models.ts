import type { CatalogDocument, ModelEntry } from '#shared/catalog/document.ts';
import { isSayable } from '#shared/lobechat/model-list.ts';
import { Refusal } from '#shared/tenancy/refusal.ts';

/** The lists of models of a key and of the consumers above it; null: any. */
type Grants = readonly (readonly string[] | null)[];

/**
 * The models that people can chat with: active ones with a route to an active upstream, which the key may use.
 * `wanted` are all that are to be offered, in this order.
 *
 * @throws Refusal where one of those cannot be, or there is none, or LobeChat could not be told its name
 */
export function offeredModels(
  document: CatalogDocument,
  grants: Grants,
  wanted: readonly string[] | undefined,
): ModelEntry[] {
  const able = document.models.filter((model) => whyNot(document, grants, model) === undefined);
  const models = wanted === undefined ? able : wanted.map((name) => wantedModel(document, grants, name));
  if (models.length === 0)
    throw new Refusal(
      'not_found',
      'There is no model to offer: none for chat is active, has a route to an active upstream and may be used.',
    );
  assertSayable(models);
  return models;
}

function wantedModel(document: CatalogDocument, grants: Grants, name: string): ModelEntry {
  const model = document.models.find((each) => each.name === name);
  if (!model)
    throw new Refusal('not_found', `The catalog has no model '${name}'${nameOfAlias(document, name)}.`);
  const reason = whyNot(document, grants, model);
  if (reason !== undefined) throw new Refusal('wrong_state', `The model '${name}' ${reason}.`);
  return model;
}

function nameOfAlias({ models }: CatalogDocument, alias: string): string {
  const model = models.find(({ aliases }) => aliases.includes(alias));
  return model ? `; that is an alias of '${model.name}'` : '';
}

function whyNot(
  { upstreams, routes }: CatalogDocument,
  grants: Grants,
  model: ModelEntry,
): string | undefined {
  if (model.kind !== 'chat') return 'is not for chat';
  if (model.status !== 'active') return 'is disabled';
  const isServed = routes.some(
    (route) =>
      route.model === model.name &&
      upstreams.some(({ name, status }) => name === route.upstream && status === 'active'),
  );
  if (!isServed) return 'has no route to an active upstream';
  if (grants.some((names) => names !== null && !names.includes(model.name))) return 'is not for this key';
  return undefined;
}

function assertSayable(models: readonly ModelEntry[]): void {
  const unsayable = models.filter(({ name, displayName = name }) => ![name, displayName].every(isSayable));
  if (unsayable.length === 0) return;
  const names = unsayable.map(({ name }) => `'${name}'`).join(', ');
  throw new Refusal(
    'invalid',
    `LobeChat cannot be told of ${names}: no name or display name may have , < > = ; $ " \\ or \`. Give another (models set --display-name), or name the models to offer (--models).`,
  );
}

/** Models that LobeChat takes for others by their names: it sends them elsewhere, or changes what is sent. */
const MISTAKEN = /^(o1|o3|o4|gpt-5|codex)/;

export const mistakenFor = (models: readonly ModelEntry[]): string[] =>
  models
    .filter(({ name }) => MISTAKEN.test(name))
    .map(
      ({ name }) =>
        `LobeChat takes '${name}' for a model of OpenAI's by its name, and sends it other requests: give it another.`,
    );

import { isCloudModel } from '#shared/protocol/ollama/chat-request.ts';
import type { CatalogDocument, RouteEntry } from '../document.ts';
import { atModel, atRoute, error, type Problem, warning } from '../problem.ts';

/** A route begins at a model and ends at an upstream that there are. */
export function ends({ upstreams, models, routes }: CatalogDocument): Problem[] {
  const known = { models: namesOf(models), upstreams: namesOf(upstreams) };
  return routes.flatMap((route) => [
    ...(known.models.has(route.model)
      ? []
      : [error(atRoute(route, 'model'), `there is no model '${route.model}'`)]),
    ...(known.upstreams.has(route.upstream)
      ? []
      : [error(atRoute(route, 'upstream'), `there is no upstream '${route.upstream}'`)]),
  ]);
}

/** As Ollama reads it: seconds, or a duration of Go. */
const KEEP_ALIVE = /^-?(\d+|(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+)$/;
/** A header's name, and what it must say where that matters. */
const CANARY_HEADER = /^[!#$%&'*+\-.^_`|~\da-z]+(: \S(.*\S)?)?$/i;

export const routeFields = ({ routes }: CatalogDocument): Problem[] =>
  routes.flatMap((route) => [
    ...(route.keepAlive === undefined || KEEP_ALIVE.test(route.keepAlive)
      ? []
      : [
          error(atRoute(route, 'keepAlive'), 'must be written as Ollama does: 10m, 1h30m, 0, or -1 for ever'),
        ]),
    ...(route.canaryHeader === undefined || CANARY_HEADER.test(route.canaryHeader)
      ? []
      : [error(atRoute(route, 'canaryHeader'), "must be the name of a header, or 'name: value'")]),
  ]);

/** The first step is the default, and a caller gets the next that is long enough. */
export function contextStepsAscend({ models, routes }: CatalogDocument): Problem[] {
  const contexts = new Map(models.map(({ name, contextTokens }) => [name, contextTokens]));
  return routes.flatMap((route) => {
    const { contextSteps: steps, model } = route;
    const path = atRoute(route, 'contextSteps');
    if (steps.some((step, index) => index > 0 && step <= steps[index - 1]!))
      return [error(path, 'must ascend')];
    const context = contexts.get(model) ?? Number.POSITIVE_INFINITY;
    return (steps.at(-1) ?? 0) > context ? [warning(path, `go beyond the model's context, ${context}`)] : [];
  });
}

/** Only Ollama can be told how long a context to load a model with, and for how long. */
export const ollamaFieldsOnly = (document: CatalogDocument): Problem[] => {
  const isOllama = ollamaOf(document);
  return document.routes.flatMap((route) => {
    if (isOllama(route) ?? true) return [];
    const given = [
      ...(route.contextSteps.length > 0 ? ['contextSteps'] : []),
      ...(route.keepAlive !== undefined ? ['keepAlive'] : []),
    ];
    return given.map((field) => error(atRoute(route, field), 'is for upstreams that are an Ollama'));
  });
};

/** Ollama would send the prompts of such a model to its vendor's cloud. */
export function staysInTheHouse(document: CatalogDocument): Problem[] {
  const isOllama = ollamaOf(document);
  return document.routes
    .filter((route) => isOllama(route) && isCloudModel(route.upstreamModel))
    .map((route) =>
      error(atRoute(route, 'upstreamModel'), "is a model of Ollama's cloud, not of this Ollama"),
    );
}

/** Canaries take their calls from a model's other routes: there must be some, for as many calls as are left. */
export const canariesLeaveCalls = ({ models, routes }: CatalogDocument): Problem[] =>
  models.flatMap(({ name }) => {
    const own = routes.filter((route) => route.model === name);
    const canaries = own.filter(isCanary);
    const sum = canaries.reduce((percent, { canaryPercent = 0 }) => percent + canaryPercent, 0);
    return [
      ...(sum > 100 ? [error(atModel(name), `the percents of its canaries add up to ${sum}`)] : []),
      ...(canaries.length > 0 && canaries.length === own.length
        ? [error(atModel(name), 'all its routes are canaries: other calls would have nowhere to go')]
        : []),
    ];
  });

const isCanary = ({ canaryPercent, canaryHeader }: RouteEntry) =>
  canaryPercent !== undefined || canaryHeader !== undefined;

const namesOf = (entries: readonly { name: string }[]) => new Set(entries.map(({ name }) => name));

/** Undefined where there is no such upstream. */
function ollamaOf({ upstreams }: CatalogDocument): (route: RouteEntry) => boolean | undefined {
  const isOllama = new Map(upstreams.map(({ name, backend }) => [name, backend === 'ollama']));
  return ({ upstream }) => isOllama.get(upstream);
}

import type { CatalogDocument, ModelEntry, RouteEntry, UpstreamEntry } from '#shared/catalog/document.ts';
import { showTimeSpan } from '#shared/catalog/time-span.ts';
import { card, table } from './table.ts';

export const upstreamTable = ({ upstreams, routes }: CatalogDocument): string =>
  upstreams.length === 0
    ? 'There are no upstreams.\n'
    : table(
        ['UPSTREAM', 'BACKEND', 'ADDRESS', 'SLOTS', 'ROUTES', 'STATUS'],
        upstreams.map((each) => [
          each.name,
          each.backend,
          each.address,
          each.slots ?? null,
          routes.filter(({ upstream }) => upstream === each.name).length,
          each.status,
        ]),
      );

export const modelTable = ({ models, routes }: CatalogDocument): string =>
  models.length === 0
    ? 'There are no models.\n'
    : table(
        ['MODEL', 'ALIASES', 'KIND', 'CAPABILITIES', 'CONTEXT', 'OUTPUT', 'ROUTES', 'STATUS'],
        models.map((each) => [
          each.name,
          each.aliases.join(', '),
          each.kind,
          each.capabilities.join(', '),
          each.contextTokens ?? null,
          each.maxOutputTokens ?? null,
          routes.filter(({ model }) => model === each.name).length,
          each.status,
        ]),
      );

export const routeTable = (routes: readonly RouteEntry[]): string =>
  routes.length === 0
    ? 'There are no routes.\n'
    : table(
        ['MODEL', 'UPSTREAM', 'AS', 'TIER', 'WEIGHT', 'CANARY', 'CONTEXT', 'KEEP-ALIVE'],
        routes.map((each) => [
          each.model,
          each.upstream,
          each.upstreamModel,
          each.tier,
          each.weight,
          canaryOf(each),
          each.contextSteps.join(', '),
          each.keepAlive ?? null,
        ]),
      );

function canaryOf({ canaryPercent, canaryHeader }: RouteEntry): string {
  const share = canaryPercent === undefined ? [] : [`${canaryPercent} %`];
  return [...share, ...(canaryHeader === undefined ? [] : [canaryHeader])].join(', ');
}

export const upstreamCard = ({ timeouts, headers, ...upstream }: UpstreamEntry): string =>
  card([
    ['upstream', upstream.name],
    ['backend', upstream.backend],
    ['address', upstream.address],
    ['credential', upstream.credential ?? 'none'],
    ['status', upstream.status],
    ['slots', upstream.slots ?? 'not known'],
    ['output cap', upstream.outputCapField],
    ['connect', spanOf(timeouts.connectMs)],
    ['first piece', spanOf(timeouts.firstPieceMs)],
    ['idle', spanOf(timeouts.idleMs)],
    ['total', spanOf(timeouts.totalMs)],
    ...Object.entries(headers.rename).map(([from, to]): [string, string] => ['rename', `${from} to ${to}`]),
    ...headers.remove.map((name): [string, string] => ['remove', name]),
    ...Object.entries(headers.set).map(([name, value]): [string, string] => ['set', `${name}: ${value}`]),
  ]);

const spanOf = (ms: number | undefined) => (ms === undefined ? 'as the router’s' : showTimeSpan(ms));

export const modelCard = (model: ModelEntry): string =>
  card([
    ['model', model.name],
    ['shown as', model.displayName ?? model.name],
    ['description', model.description ?? null],
    ['aliases', model.aliases.join(', ')],
    ['kind', model.kind],
    ['status', model.status],
    ['capabilities', model.capabilities.join(', ')],
    ['context', model.contextTokens ?? 'not known'],
    ['output', model.maxOutputTokens ?? 'as the context'],
    ['default output', model.defaultOutput ?? 'the maximum'],
    ['least output', model.minOutput],
    ['an image', model.imageTokens],
  ]);

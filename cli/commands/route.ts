import type { Command } from 'commander';
import * as z from 'zod';
import { type CatalogSnapshot, type Model, modelNamed, type Route } from '#shared/catalog/catalog.ts';
import { loadCatalog } from '#shared/catalog/load-catalog.ts';
import { readFleet } from '#shared/catalog/upstream-states.ts';
import type { UpstreamVariables } from '#shared/catalog/upstream-variables.ts';
import type { Drizzle } from '#shared/db/database.ts';
import type { Assessed } from '#shared/routing/assess.ts';
import { type Choice, choose, type Wish } from '#shared/routing/choose.ts';
import { Credits } from '#shared/routing/credits.ts';
import { viewOfFacts } from '#shared/routing/facts-view.ts';
import { Refusal } from '#shared/tenancy/refusal.ts';
import { act } from '../act.ts';
import { command, group } from '../group.ts';
import { checked } from '../reading.ts';
import { type Cell, table } from '../table.ts';

interface Options {
  model: string;
  header?: string;
  percentile?: string;
}

export const routeCommand = (): Command => group('route', 'Where calls go.', [explain()]);

/** What a router would choose, by what all routers have told each other; what each knows besides, no other process can see. */
const explain = () =>
  command(
    'explain',
    'Where a call for a model would go now, and why. Nothing is sent.',
    'route explain --model qwen3:8b --header x-canary:1',
  )
    .requiredOption('--model <model>', 'as a caller names it')
    .option('--header <name: value>', 'one that the caller shows, for canaries')
    .option('--percentile <number>', 'where the call stands among 100, for canaries that take a share (none)')
    .action(
      act<Options>(async ({ db, options }) => {
        const connection = { read: <T>(work: (each: Drizzle) => Promise<T>) => work(db) };
        const catalog = await loadCatalog(connection, ANY_VARIABLES);
        const model = modelIn(catalog, options.model);
        const facts = await readFleet(connection, null);
        const view = (route: Route) => viewOfFacts(facts, 0, route);
        const choice = choose(model, wishOf(options), view, new Credits());
        return { json: jsonOf(model, choice), text: textOf(model, choice), notes: NOTES };
      }),
    );

/** The variables of the routers' environment are not ours: each address is shown as if it were there. */
const ANY_VARIABLES: UpstreamVariables = new Proxy({}, { get: (_, name) => `http://${String(name)}` });

const NOTES = [
  'Each router takes turns by itself, and knows its own calls before the others do.',
  'An upstream whose env: variables a router does not have is not there for it.',
];

function modelIn(catalog: CatalogSnapshot, name: string): Model {
  const model = modelNamed(catalog, name);
  if (!model) throw new Refusal('not_found', `There is no active model '${name}'.`);
  return model;
}

const Percentile = z.object({ percentile: z.coerce.number().min(0).lt(100) });

function wishOf({ header = '', percentile }: Options): Wish {
  const [, shownName = '', shownValue = ''] = /^([^:]*[^:\s])\s*(?::\s*(.*))?$/.exec(header) ?? [];
  const given = percentile === undefined ? undefined : checked(Percentile, { percentile }).percentile;
  return {
    tried: new Set(),
    prefers: () => undefined,
    header: (name) => (name === shownName.toLowerCase() ? shownValue : undefined),
    chance: given === undefined ? 1 : given / 100,
  };
}

const REASONS: Record<Assessed['fitness'], string> = {
  ready: 'ready',
  tried: 'ready',
  doubtful: 'does not list the model',
  full: 'all slots are taken',
  resting: 'rests after failures',
  missing: 'does not have the model',
};

function rowOf({ route, fitness, view }: Assessed, choice: Choice): Cell[] {
  const { upstream, model, tier, weight, canary } = route;
  const isNext = choice.kind === 'chosen' && choice.route === route;
  const slots = `${view.inFlight} of ${upstream.slots ?? '?'}`;
  return [
    isNext ? '→' : '',
    upstream.name,
    model,
    tier,
    weight,
    canary ? 'canary' : '',
    slots,
    view.model,
    view.health,
    REASONS[fitness],
  ];
}

const TITLES = ['', 'Upstream', 'Its model', 'Tier', 'Weight', '', 'In flight', 'Model', 'Breaker', 'State'];

function textOf(model: Model, choice: Choice): string {
  const rows = choice.assessed.map((assessed) => rowOf(assessed, choice));
  return `${table(TITLES, rows)}\n${summaryOf(model, choice)}\n`;
}

function summaryOf({ name }: Model, choice: Choice): string {
  if (choice.kind === 'chosen') {
    const { upstream, tier } = choice.route;
    return `A call for ${name} goes to ${upstream.name} (x-gateway-route: u${upstream.id}; tier=${tier}; because=${choice.because}).`;
  }
  if (choice.kind === 'full') return `A call for ${name} waits in line: all that could serve it are full.`;
  return `A call for ${name} is refused with 503: nothing can serve it now.`;
}

const jsonOf = ({ name }: Model, choice: Choice) => ({
  model: name,
  outcome: choice.kind,
  ...(choice.kind === 'chosen' && {
    upstream: choice.route.upstream.name,
    upstreamModel: choice.route.model,
    tier: choice.route.tier,
    because: choice.because,
  }),
  routes: choice.assessed.map(({ route, fitness, view }) => ({
    upstream: route.upstream.name,
    upstreamModel: route.model,
    tier: route.tier,
    weight: route.weight,
    canary: route.canary !== undefined,
    fitness,
    inFlight: view.inFlight,
    slots: route.upstream.slots ?? null,
    model: view.model,
    breaker: view.health,
  })),
});

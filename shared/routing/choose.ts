import type { Model, Route } from '#shared/catalog/catalog.ts';
import { type Assessed, assess, type Fitness } from './assess.ts';
import { branchOf } from './canary.ts';
import type { Credits } from './credits.ts';
import type { View } from './route-view.ts';

/** What a call asks of routing. */
export interface Wish {
  /** Routes by which this call has failed already. */
  tried: ReadonlySet<Route>;
  /** The upstream at which the conversation is, or would best be, of these. */
  prefers(routes: readonly Route[]): Route | undefined;
  /** The value of a header of the call, by its lower-case name. */
  header(name: string): string | undefined;
  /** Uniform in [0, 1), the same for all tries of the call. */
  chance: number;
}

/** Why this route: whose turn it is, where the conversation is, where a canary says, or since nothing else is left. */
export type Because = 'turn' | 'affinity' | 'canary' | 'again';

export type Choice =
  | { kind: 'chosen'; route: Route; because: Because; assessed: Assessed[] }
  /** All that could serve it are full; one of them will have room. */
  | { kind: 'full'; assessed: Assessed[] }
  /** Nothing can serve it at the moment. */
  | { kind: 'unserved'; assessed: Assessed[] };

/**
 * Chooses where a call goes: the lowest tier in which anything is ready; there the emptiest, loaded ones first; among
 * equals by turns. A canary that cannot serve leaves its calls to the others.
 */
export function choose(model: Model, wish: Wish, view: View, credits: Credits): Choice {
  const branch = branchOf(model.routes, wish.chance, wish.header);
  const assessed = assess(branch.routes, view, wish.tried);
  const chosen = fromTiers(assessed, 'ready', wish, credits);
  if (chosen) return { kind: 'chosen', assessed, ...chosen, ...(branch.canary && { because: 'canary' }) };
  if (branch.canary) {
    const ordinary = { ...model, routes: model.routes.filter(({ canary }) => !canary) };
    return choose(ordinary, wish, view, credits);
  }
  if (assessed.some(({ fitness }) => fitness === 'full')) return { kind: 'full', assessed };
  const doubtful = fromTiers(assessed, 'doubtful', wish, credits);
  if (doubtful) return { kind: 'chosen', assessed, ...doubtful };
  const again = fromTiers(assessed, 'tried', wish, credits);
  return again ? { kind: 'chosen', assessed, ...again, because: 'again' } : { kind: 'unserved', assessed };
}

function fromTiers(
  assessed: readonly Assessed[],
  wanted: Fitness,
  wish: Wish,
  credits: Credits,
): { route: Route; because: Because } | undefined {
  const fit = assessed.filter(({ fitness }) => fitness === wanted);
  if (fit.length === 0) return undefined;
  const tier = Math.min(...fit.map(({ route }) => route.tier));
  const candidates = fit.filter(({ route }) => route.tier === tier);
  const near = nearest(candidates, wish);
  const emptiest = near ? [near] : emptiestOf(candidates);
  const loaded = emptiest.filter(({ isLoaded }) => isLoaded);
  const favourites = loaded.length > 0 ? loaded : emptiest;
  const route = credits.take(routesOf(candidates), routesOf(emptiest), routesOf(favourites));
  return { route, because: near ? 'affinity' : 'turn' };
}

/** Where the conversation is, as long as that one is not much fuller than the emptiest: a cache is not worth a queue. */
function nearest(candidates: readonly Assessed[], wish: Wish): Assessed | undefined {
  const preferred = wish.prefers(routesOf(candidates));
  const near = candidates.find(({ route }) => route === preferred);
  return near && near.quarters <= leastFull(candidates) + 1 ? near : undefined;
}

const emptiestOf = (candidates: readonly Assessed[]) =>
  candidates.filter(({ quarters }) => quarters === leastFull(candidates));

const leastFull = (candidates: readonly Assessed[]) =>
  Math.min(...candidates.map(({ quarters }) => quarters));

const routesOf = (assessed: readonly Assessed[]) => assessed.map(({ route }) => route);

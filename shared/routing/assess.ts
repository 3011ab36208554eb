import type { Route } from '#shared/catalog/catalog.ts';
import type { RouteView, View } from './route-view.ts';

/**
 * Whether a call can go by a route now, and why not. `tried`: it can, but this call has failed there. `doubtful`: it can,
 * but the upstream did not have the model when it was last asked, which may be a while ago.
 */
export type Fitness = 'ready' | 'tried' | 'doubtful' | 'full' | 'resting' | 'missing';

export interface Assessed {
  route: Route;
  fitness: Fitness;
  view: RouteView;
  /** How full it is, in quarters: 0 = less than one quarter of its slots is taken. */
  quarters: number;
  /** False only where the model is known not to be loaded. */
  isLoaded: boolean;
}

/**
 * An upstream whose slots nobody told is taken for one of this many for each of its weight: it is never full, but others may
 * be emptier. Were the weight left out, one that is to have more calls would look fuller for having them.
 */
const SLOTS_UNKNOWN = 16;

export function assess(routes: readonly Route[], view: View, tried: ReadonlySet<Route>): Assessed[] {
  return routes.map((route) => {
    const seen = view(route);
    return {
      route,
      view: seen,
      fitness: fitnessOf(route, seen, tried),
      quarters: Math.floor((4 * seen.inFlight) / (route.upstream.slots ?? SLOTS_UNKNOWN * route.weight)),
      isLoaded: seen.model !== 'unloaded' && seen.model !== 'unlisted',
    };
  });
}

function fitnessOf(route: Route, view: RouteView, tried: ReadonlySet<Route>): Fitness {
  const { slots = Number.POSITIVE_INFINITY } = route.upstream;
  if (view.model === 'missing') return 'missing';
  if (view.health === 'open') return 'resting';
  if (view.isBusy || view.inFlight >= slots) return 'full';
  if (tried.has(route)) return 'tried';
  return view.model === 'unlisted' ? 'doubtful' : 'ready';
}

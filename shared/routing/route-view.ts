import type { Route } from '#shared/catalog/catalog.ts';

/** What is known of a route at this moment. */
export interface RouteView {
  /** Calls that its upstream is answering, of all routers as far as we know. */
  inFlight: number;
  /** `open`: the upstream failed several times in a row and rests. `half-open`: it has rested, and one call may try. */
  health: 'closed' | 'open' | 'half-open';
  /** The upstream said that all its places are taken, a moment ago. */
  isBusy: boolean;
  /** `unlisted`: it was not on the upstream's list when that was last read. `missing`: the upstream has just said so to a call. */
  model: 'loaded' | 'unloaded' | 'unlisted' | 'missing' | 'unknown';
}

export type View = (route: Route) => RouteView;

import type { Route, Upstream } from '#shared/catalog/catalog.ts';
import type { FleetFacts } from '#shared/catalog/upstream-states.ts';
import type { RouteView } from './route-view.ts';

/** What all routers have told each other of a route, as seen so long after it was read. */
export function viewOfFacts(facts: FleetFacts, ageMs: number, route: Route): RouteView {
  const { upstream } = route;
  return {
    inFlight: facts.inFlight.get(upstream.name) ?? 0,
    health: healthOf(facts, ageMs, upstream),
    isBusy: false,
    model: modelOf(facts, route),
  };
}

/** How long an upstream still rests; 0 = not at all. */
export const restOf = (facts: FleetFacts, ageMs: number, upstream: Upstream): number =>
  Math.max(0, (facts.states.get(upstream.id)?.restsMs ?? 0) - ageMs);

function healthOf(facts: FleetFacts, ageMs: number, upstream: Upstream): RouteView['health'] {
  if (!facts.states.get(upstream.id)?.isOnTrial) return 'closed';
  return restOf(facts, ageMs, upstream) > 0 ? 'open' : 'half-open';
}

function modelOf(facts: FleetFacts, { upstream, model }: Route): RouteView['model'] {
  const { has, loaded } = facts.states.get(upstream.id) ?? {};
  if (!has || !loaded) return 'unknown';
  if (!includes(has, model)) return 'unlisted';
  return includes(loaded, model) ? 'loaded' : 'unloaded';
}

/** Ollama lists a model with its tag, takes it without, and does not tell names by their case. */
function includes(models: ReadonlySet<string>, model: string): boolean {
  const name = model.toLowerCase();
  return models.has(name) || (!name.includes(':') && models.has(`${name}:latest`));
}

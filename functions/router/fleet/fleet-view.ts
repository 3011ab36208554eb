import type { Route, Upstream } from '#shared/catalog/catalog.ts';
import type { FleetFacts, UpstreamState } from '#shared/catalog/upstream-states.ts';
import { restOf, viewOfFacts } from '#shared/routing/facts-view.ts';
import type { RouteView } from '#shared/routing/route-view.ts';
import { InFlight } from './in-flight.ts';

const BUSY_FOR_MS = 1_000;
const MISSING_FOR_MS = 30_000;
/** Ollama's own default for how long it keeps a model. */
const LOADED_FOR_MS = 300_000;

/** What this router knows of all upstreams: what all routers have told each other, and what it has seen itself since. */
export class FleetView {
  readonly own = new InFlight();
  readonly #now: () => number;
  #facts: FleetFacts = { states: new Map(), inFlight: new Map() };
  #factsAtMs = Number.NEGATIVE_INFINITY;
  readonly #busyUntilMs = new Map<number, number>();
  /** By upstream and model: when it was seen to be missing, or to answer. */
  readonly #missingAtMs = new Map<string, number>();
  readonly #answeredAtMs = new Map<string, number>();

  /** @param now in milliseconds; wall clock, since a monotonic one may stand still while the machine is frozen */
  constructor(now: () => number) {
    this.#now = now;
  }

  get ageMs(): number {
    return this.#now() - this.#factsAtMs;
  }

  learn(facts: FleetFacts): void {
    this.#facts = facts;
    this.#factsAtMs = this.#now();
  }

  state(upstream: Upstream): UpstreamState | undefined {
    return this.#facts.states.get(upstream.id);
  }

  /** How long until the first of these upstreams has rested. */
  restsMs(upstreams: readonly Upstream[]): number {
    return Math.min(...upstreams.map((upstream) => restOf(this.#facts, this.ageMs, upstream)));
  }

  answered(route: Route): void {
    this.#answeredAtMs.set(nameOf(route), this.#now());
    this.#missingAtMs.delete(nameOf(route));
  }

  missing(route: Route): void {
    this.#missingAtMs.set(nameOf(route), this.#now());
    this.#answeredAtMs.delete(nameOf(route));
  }

  busy({ upstream }: Route): void {
    this.#busyUntilMs.set(upstream.id, this.#now() + BUSY_FOR_MS);
  }

  readonly of = (route: Route): RouteView => {
    const { upstream } = route;
    const told = viewOfFacts(this.#facts, this.ageMs, route);
    return {
      ...told,
      inFlight: this.own.at(upstream.id, this.#now()) + told.inFlight,
      isBusy: (this.#busyUntilMs.get(upstream.id) ?? 0) > this.#now(),
      model: this.#modelOf(route, told.model),
    };
  };

  /**
   * As one sees it who has waited for a while: where this router has no call at all, one finds room, however many the others
   * have there. Else those who wait at a router that has all the places would pass those who wait at another for ever.
   */
  readonly ofPatient = (route: Route): RouteView => {
    const seen = this.of(route);
    const { id, slots } = route.upstream;
    if (slots === undefined || this.own.at(id, this.#now()) > 0) return seen;
    return { ...seen, inFlight: Math.min(seen.inFlight, slots - 1) };
  };

  /** What calls have met, unless the upstream's list is newer: that it has a model, or has let it go. */
  #modelOf(route: Route, told: RouteView['model']): RouteView['model'] {
    const nowMs = this.#now();
    const listedAtMs = this.#factsAtMs - (this.state(route.upstream)?.listAgeMs ?? Number.POSITIVE_INFINITY);
    const isNews = (atMs = 0) => (told === 'loaded' || told === 'unloaded') && listedAtMs > atMs;
    const missingAtMs = this.#missingAtMs.get(nameOf(route)) ?? 0;
    if (missingAtMs > nowMs - MISSING_FOR_MS && !isNews(missingAtMs)) return 'missing';
    const answeredAtMs = this.#answeredAtMs.get(nameOf(route)) ?? 0;
    if (answeredAtMs > nowMs - LOADED_FOR_MS && !isNews(answeredAtMs)) return 'loaded';
    return told;
  }
}

const nameOf = ({ upstream, model }: Route) => `${upstream.id} ${model}`;

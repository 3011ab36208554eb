import type { Model, Route } from '#shared/catalog/catalog.ts';
import { type Choice, choose, type Wish } from '#shared/routing/choose.ts';
import { Credits } from '#shared/routing/credits.ts';
import { Affinity } from './affinity.ts';
import { FleetMemory, type FleetOptions, FRESH_MS } from './fleet-memory.ts';
import { Lines } from './lines.ts';
import type { Place } from './place.ts';
import { notServed } from './refusals.ts';

/** Who asks for a place, and how. */
export interface Wanted {
  model: Model;
  consumerId: number;
  wish: Wish;
  /** One of them is aborted when nobody waits any more. */
  ends: readonly AbortSignal[];
}

/** After that, whoever waits asks for more than what the other routers leave. */
const PATIENCE_MS = 1_000;

type Chosen = Extract<Choice, { kind: 'chosen' }>;

/**
 * All upstreams, as places for calls: chooses among them, keeps count, and lets calls wait in a fair line while all are
 * full. What it learns it shares with the other routers through the database; nothing runs unless a call is under way.
 */
export class Fleet {
  readonly affinity = new Affinity();
  readonly #memory: FleetMemory;
  readonly #credits = new Credits();
  readonly #lines: Lines;

  constructor(options: FleetOptions) {
    this.#memory = new FleetMemory(options);
    this.#lines = new Lines({
      length: options.config.QUEUE_LENGTH,
      waitMs: options.config.QUEUE_WAIT_MS,
      everyMs: FRESH_MS,
      look: () => this.look(),
    });
  }

  /** Learns what the other routers know, if it is time. @throws nothing: what was known before is used on. */
  look(): Promise<void> {
    return this.#memory.look();
  }

  /** Whether an upstream has this model in memory, as far as this router knows. */
  isLoaded({ routes }: Model): boolean {
    return routes.some((route) => this.#memory.view.of(route).model === 'loaded');
  }

  /**
   * Takes a place for one try of a call, waiting in line while all are full.
   *
   * @throws GatewayError `server_overloaded` when nothing serves the model now, or the wait was too long.
   */
  async place(wanted: Wanted): Promise<Place> {
    await this.look();
    const place = this.#lines.isLineFor(wanted.model) ? undefined : await this.#take(wanted);
    const patientAtMs = Date.now() + PATIENCE_MS;
    return place ?? this.#lines.wait(wanted, () => this.#take(wanted, Date.now() >= patientAtMs));
  }

  /** Undefined when all are full. */
  async #take({ model, wish }: Wanted, isPatient = false): Promise<Place | undefined> {
    this.#checkThoseWithout(model);
    const { view } = this.#memory;
    const onTrial = new Set<Route>();
    for (;;) {
      const routes = model.routes.filter((route) => !onTrial.has(route));
      const seen = isPatient ? view.ofPatient : view.of;
      const choice = choose({ ...model, routes }, wish, seen, this.#credits);
      if (choice.kind === 'chosen') {
        const isTrial = view.of(choice.route).health === 'half-open';
        if (!isTrial || (await this.#memory.mayTry(choice.route.upstream)))
          return this.#placeAt(choice, isTrial);
        onTrial.add(choice.route); // by another call: if that goes well, this is a place
      } else if (choice.kind === 'full' || onTrial.size > 0) return undefined;
      else throw notServed(model, view.restsMs(model.routes.map(({ upstream }) => upstream)));
    }
  }

  /** No call goes there, so that otherwise nobody would ever see that they have the model now. */
  #checkThoseWithout({ routes }: Model): void {
    for (const route of routes) {
      const { model } = this.#memory.view.of(route);
      if (model === 'missing' || model === 'unlisted') this.#memory.check(route.upstream);
    }
  }

  #placeAt({ route, because }: Chosen, isTrial: boolean): Place {
    const { upstream } = route;
    const { own } = this.#memory.view;
    own.add(upstream.id);
    this.#memory.check(upstream);
    let isLeft = false;
    return {
      route,
      because,
      begun: () => {
        if (isTrial) this.#memory.begun(upstream);
      },
      leave: (outcome) => {
        if (isLeft) return;
        isLeft = true;
        own.remove(upstream.id, outcome.kind === 'broken-off', Date.now());
        this.#memory.ended(route, outcome, isTrial);
        this.#lines.pump();
      },
    };
  }
}

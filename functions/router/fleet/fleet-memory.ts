import type { Route, Upstream } from '#shared/catalog/catalog.ts';
import {
  claimTrial,
  endTrial,
  noteBegun,
  noteFailure,
  noteSuccess,
} from '#shared/catalog/upstream-breaker.ts';
import { claimCheck, noteModels, readFleet } from '#shared/catalog/upstream-states.ts';
import type { Database } from '#shared/db/database.ts';
import type { RouterConfig } from '../config.ts';
import type { Connections } from '../upstream/connections.ts';
import { askModels } from './check-upstream.ts';
import { FleetView } from './fleet-view.ts';
import type { Outcome } from './place.ts';

/** What is known is used for so long while it is asked anew, and after that it is waited for. */
export const FRESH_MS = 250;
const USABLE_MS = 1_000;
/** How long the one that tries an upstream which has rested may keep the others from trying. */
const TRIAL_MS = 10_000;

export interface FleetOptions {
  database: Database;
  connections: Connections;
  routerId: string;
  config: RouterConfig;
}

/** What routers learn of upstreams and tell each other through the database. Nothing runs unless a call is under way. */
export class FleetMemory {
  readonly view = new FleetView(Date.now);
  readonly #options: FleetOptions;
  #looking: Promise<void> | undefined;
  /** By upstream: when this router last wanted to ask it what it has, and when another was found to try it. */
  readonly #checkedAtMs = new Map<number, number>();
  readonly #deniedAtMs = new Map<number, number>();

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Learns what the other routers know, if it is time. @throws nothing: what was known before is used on. */
  async look(): Promise<void> {
    const { ageMs } = this.view;
    if (ageMs > FRESH_MS) this.#looking ??= this.#learn();
    if (ageMs > USABLE_MS) await this.#looking;
  }

  /** Whether this call may be the one that tries an upstream which has rested; all who wait in line ask for it. */
  async mayTry({ id }: Upstream): Promise<boolean> {
    if (Date.now() - (this.#deniedAtMs.get(id) ?? 0) < FRESH_MS) return false;
    const isOurs = await claimTrial(this.#options.database, id, TRIAL_MS).catch(() => false);
    if (!isOurs) this.#deniedAtMs.set(id, Date.now());
    return isOurs;
  }

  /** The upstream on trial has begun to answer: others need not wait for the end of what may take minutes. */
  begun({ id }: Upstream): void {
    const { database, config } = this.#options;
    this.#tell(noteBegun(database, id, config.BREAKER_FAILURES - 1));
  }

  /** How a try ended; `isTrial`: it was the one that tried an upstream which has rested. */
  ended(route: Route, outcome: Outcome, isTrial: boolean): void {
    const { upstream } = route;
    const { database, config } = this.#options;
    if (outcome.kind === 'answered') {
      this.view.answered(route);
      if ((this.view.state(upstream)?.failures ?? 0) > 0) this.#tell(noteSuccess(database, upstream.id));
      return;
    }
    if (outcome.kind === 'failed' && outcome.error.failure !== 'server_overloaded') {
      const policy = {
        failures: config.BREAKER_FAILURES,
        restMs: config.BREAKER_REST_MS,
        mostRestMs: config.BREAKER_MOST_REST_MS,
      };
      this.#tell(noteFailure(database, upstream.id, outcome.error.failure, policy));
      return;
    }
    if (outcome.kind === 'missing') this.view.missing(route);
    else if (outcome.kind === 'failed') this.view.busy(route);
    if (isTrial) this.#tell(endTrial(database, upstream.id));
  }

  /**
   * Once in a while one router asks an upstream what it has: where calls go, and where they would go if it had their model. Nobody
   * else is asked, since to be asked may start a machine.
   */
  check(upstream: Upstream): void {
    const { CHECK_EVERY_MS } = this.#options.config;
    const isOurs = upstream.backend === 'ollama' && CHECK_EVERY_MS > 0;
    if (!isOurs || Date.now() - (this.#checkedAtMs.get(upstream.id) ?? 0) < CHECK_EVERY_MS) return;
    this.#checkedAtMs.set(upstream.id, Date.now());
    this.#tell(this.#ask(upstream));
  }

  async #ask(upstream: Upstream): Promise<void> {
    const { database, connections, config } = this.#options;
    if (!(await claimCheck(database, upstream.id, config.CHECK_EVERY_MS))) return;
    const said = await askModels(connections, upstream).catch(() => undefined);
    await noteModels(database, upstream.id, said);
  }

  /** Calls do not wait for this; what does not get through is learnt again. */
  #tell(told: Promise<unknown>): void {
    told.then(() => this.#learn()).catch(() => {});
  }

  async #learn(): Promise<void> {
    try {
      this.view.learn(await readFleet(this.#options.database, this.#options.routerId));
    } catch {
      // without the database no call is admitted anyway
    } finally {
      this.#looking = undefined;
    }
  }
}

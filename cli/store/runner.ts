import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError } from '#shared/errors.ts';
import type { ModelJob } from '#shared/model-jobs/job.ts';
import type { ModelStoreClient } from '#shared/model-store-client/model-store-client.ts';

/** `apart`: Function Compute runs it, and nobody has to wait; `here`: it runs while this asks. */
export type Way = 'apart' | 'here';

/** So often in a row that it cannot be begun. */
const MOST_ROUNDS = 5;

/** Sees to it that somebody works at a job: asks for a run, and for another where one was interrupted. */
export class Runner {
  readonly #store: Pick<ModelStoreClient, 'runApart' | 'runHere'>;
  readonly #way: Way;
  readonly #end = new AbortController();
  readonly #failed = new AbortController();
  #askedAttempt = 0;
  #isAsking = false;
  /** Whether the job goes on when this process does not. */
  goesOn = true;

  constructor(store: Pick<ModelStoreClient, 'runApart' | 'runHere'>, way: Way) {
    this.#store = store;
    this.#way = way;
  }

  /** Aborted with the reason when it cannot be run. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /** Looks whether this state wants a worker. */
  see(job: ModelJob): void {
    const { status } = job.state;
    const isIdle = status === 'queued' || status === 'interrupted';
    if (!isIdle || this.#isAsking || job.attempt < this.#askedAttempt) return;
    this.#askedAttempt = job.attempt + 1;
    void this.#ask(job);
  }

  end(): void {
    this.#end.abort();
  }

  /** Until an answer says that somebody sees to it. Never rejects. */
  async #ask(job: ModelJob): Promise<void> {
    const { signal } = this.#end;
    this.#isAsking = true;
    this.goesOn = false; // as long as only this connection keeps it going
    for (let round = 1; !signal.aborted; round += 1) {
      try {
        await (this.#way === 'apart' ? this.#store.runApart(job, signal) : this.#store.runHere(job, signal));
        this.goesOn = true;
        break;
      } catch (error) {
        if (signal.aborted) return;
        if (!isPassing(error) || round === MOST_ROUNDS) return this.#failed.abort(error);
        await delay(1000 * round, undefined, { signal }).catch(() => {});
      }
    }
    this.#isAsking = false;
  }
}

const PASSING: ReadonlySet<string> = new Set(['upstream_error', 'upstream_timeout', 'server_overloaded']);

const isPassing = (error: unknown) => error instanceof GatewayError && PASSING.has(error.failure);

import { setTimeout as sleep } from 'node:timers/promises';
import { deferred } from './deferred.ts';
import { failures, OllamaError } from './errors.ts';
import { whileThere } from './exchange.ts';
import type { Model } from './models.ts';

export interface LoaderOptions {
  loadDelayMs: number;
  /** How long a load may be held without getting on (OLLAMA_LOAD_TIMEOUT). */
  loadTimeoutMs: number;
}

/** One attempt to bring a model up. A reload is a load that had to push out the same model first. */
export interface Load {
  model: string;
  numCtx: number;
  isReload: boolean;
  ending: 'loading' | 'loaded' | 'aborted' | 'failed';
}

/** How long loads take and how they end. */
export class Loader {
  readonly loads: Load[] = [];
  readonly #loadTimeoutMs: number;
  #delayMs: number;
  #failure: string | undefined;
  #gate: Promise<void> = Promise.resolve();

  constructor({ loadDelayMs, loadTimeoutMs }: LoaderOptions) {
    this.#delayMs = loadDelayMs;
    this.#loadTimeoutMs = loadTimeoutMs;
  }

  /** Lets no load finish until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = deferred<void>();
    this.#gate = promise;
    return resolve;
  }

  /** From the next load on, each takes so long. */
  slow(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /** From now on every load ends with 500 and this text; undefined lets them end well again. */
  fail(message: string | undefined): void {
    this.#failure = message;
  }

  async load(model: Model, numCtx: number, isReload: boolean, gone: AbortSignal): Promise<void> {
    const load: Load = { model: model.name, numCtx, isReload, ending: 'loading' };
    this.loads.push(load);
    try {
      await sleep(this.#delayMs, undefined, { signal: gone });
      await whileThere(gone, this.#opened());
      const failure = this.#failure ?? failureOf(model);
      if (failure) throw new OllamaError(500, failure);
      load.ending = 'loaded';
    } catch (error) {
      load.ending = gone.aborted ? 'aborted' : 'failed';
      throw error;
    }
  }

  /** The gate, for as long as Ollama waits for a load that does not get on. */
  async #opened(): Promise<void> {
    if (!Number.isFinite(this.#loadTimeoutMs)) return this.#gate;
    const stalled = deferred<never>();
    const timer = setTimeout(() => stalled.reject(failures.loadStalled()), this.#loadTimeoutMs);
    return Promise.race([this.#gate, stalled.promise]).finally(() => clearTimeout(timer));
  }
}

const failureOf = ({ loadFailure }: Model): string | undefined =>
  typeof loadFailure === 'function' ? loadFailure() : loadFailure;

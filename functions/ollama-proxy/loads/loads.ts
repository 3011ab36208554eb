import type { GatewayError } from '#shared/errors.ts';
import type { RunningOllama } from '../child/state.ts';
import type { Load } from './load.ts';
import { loadModel } from './load-model.ts';
import { loadedModels } from './loaded-models.ts';

export interface LoadsOptions {
  timeoutMs: number;
  /** How long a load that failed is not tried again. */
  restMs: number;
  /** Told of each load that was tried, and how long it took. */
  onLoad(model: string, outcome: LoadOutcome, ms: number): void;
}

/** Refused: Ollama would not even begin, and the caller's own request will be told why. */
type Outcome = 'loaded' | 'refused';
export type LoadOutcome = Outcome | 'failed';

interface Known {
  key: string;
  /** When Ollama was last seen to have it, by `performance.now()`. */
  seenAtMs: number;
}

/** A load that has begun, or waits for its turn. */
interface UnderWay {
  outcome: Promise<Outcome>;
  /** How many callers wait for it. */
  waiting: number;
}

/** What Ollama was seen to have a moment ago it still has. */
const TRUSTED_MS = 5_000;

/**
 * Brings models into one Ollama's memory: one load at a time, and one for all who wait for it. A load is nobody's: who
 * waits may leave, and one that has begun goes on.
 */
export class Loads {
  readonly #ollama: RunningOllama;
  readonly #options: LoadsOptions;
  /** By the model's name: of one model Ollama keeps one runner. */
  readonly #known = new Map<string, Known>();
  readonly #underWay = new Map<string, UnderWay>();
  readonly #failed = new Map<string, { error: GatewayError; untilMs: number }>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(ollama: RunningOllama, options: LoadsOptions) {
    this.#ollama = ollama;
    this.#options = options;
  }

  /**
   * Waits until the model is loaded as it is wanted, or Ollama refuses to begin.
   *
   * @throws GatewayError how the load failed, also when that was a moment ago; the signal's reason when it is aborted.
   */
  async ensure(load: Load, signal: AbortSignal): Promise<Outcome> {
    const key = JSON.stringify(load);
    this.#throwFailure(key);
    if (await this.#isLoaded(load.model, key)) return 'loaded';
    const loading = this.#underWay.get(key) ?? this.#inTurn(load, key);
    loading.waiting += 1;
    try {
      return await unlessAborted(loading.outcome, signal);
    } finally {
      loading.waiting -= 1;
    }
  }

  async #isLoaded(model: string, key: string): Promise<boolean> {
    const known = this.#known.get(model);
    if (known?.key !== key) return false;
    if (performance.now() - known.seenAtMs < TRUSTED_MS) return true;
    const loaded = await loadedModels(this.#ollama.port, this.#ollama.ended).catch(() => []);
    if (loaded.some(({ name }) => name === model)) known.seenAtMs = performance.now();
    else this.#known.delete(model);
    return this.#known.get(model)?.key === key;
  }

  /** Ollama loads one model at a time; asked for two, it would count the second's wait as a stall. */
  #inTurn(load: Load, key: string): UnderWay {
    const forget = () => {
      if (this.#underWay.get(key) === loading) this.#underWay.delete(key);
    };
    const loading: UnderWay = {
      waiting: 0,
      outcome: this.#last.then(() => {
        if (loading.waiting > 0) return this.#load(load, key);
        // What all have left before it began would only keep those waiting who came after.
        forget();
        throw new Error('Nobody waits for this load any more.');
      }),
    };
    this.#last = loading.outcome.then(forget, forget); // all who waited may have left
    this.#underWay.set(key, loading);
    return loading;
  }

  async #load(load: Load, key: string): Promise<Outcome> {
    const begunAtMs = performance.now();
    const told = (outcome: LoadOutcome) =>
      this.#options.onLoad(load.model, outcome, performance.now() - begunAtMs);
    try {
      const outcome = await loadModel(this.#ollama, load, this.#options.timeoutMs);
      told(outcome);
      if (outcome === 'refused') return outcome;
      // Others may have had to go for it.
      for (const known of this.#known.values()) known.seenAtMs = Number.NEGATIVE_INFINITY;
      this.#known.set(load.model, { key, seenAtMs: performance.now() });
      return outcome;
    } catch (error) {
      told('failed');
      this.#known.delete(load.model);
      this.#failed.set(key, {
        error: error as GatewayError,
        untilMs: performance.now() + this.#options.restMs,
      });
      throw error;
    }
  }

  #throwFailure(key: string): void {
    const nowMs = performance.now();
    for (const [each, { untilMs }] of this.#failed) if (untilMs <= nowMs) this.#failed.delete(each);
    const failed = this.#failed.get(key);
    if (failed) throw failed.error;
  }
}

/** What the promise gives, unless the signal is aborted first; the promise goes on in any case. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

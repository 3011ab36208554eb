import { errorFields, type Log } from '#shared/log.ts';
import { type BackOff, backOffMs } from '../child/back-off.ts';
import type { RunningOllama } from '../child/state.ts';
import { rest } from '../rest.ts';
import { loadedModels } from './loaded-models.ts';
import type { Loads } from './loads.ts';

export interface WarmUpOptions {
  models: readonly string[];
  backOff: BackOff;
  log: Log;
}

/** Loads the models of the configuration into an Ollama, and tries again until it has them all or has ended. */
export class WarmUp {
  /** Resolves when each model was tried once. */
  readonly tried: Promise<void>;
  readonly #options: WarmUpOptions;
  readonly #ollama: RunningOllama;
  readonly #loads: Loads;

  constructor(ollama: RunningOllama, loads: Loads, options: WarmUpOptions) {
    this.#ollama = ollama;
    this.#loads = loads;
    this.#options = options;
    const first = this.#missingAfterRound(options.models);
    this.tried = first.then(() => {});
    void first.then((missing) => this.#goOn(missing));
  }

  async #goOn(missing: readonly string[]): Promise<void> {
    const { ended } = this.#ollama;
    for (let attempt = 1, left = missing; left.length > 0 && !ended.aborted; attempt += 1) {
      await rest(backOffMs(this.#options.backOff, attempt, Math.random()), ended);
      if (!ended.aborted) left = await this.#missingAfterRound(left);
    }
  }

  async #missingAfterRound(models: readonly string[]): Promise<string[]> {
    const missing: string[] = [];
    for (const model of models) {
      const isLoaded = await this.#load(model).catch((error: unknown) => {
        this.#options.log.error('warm-up', { model, ...errorFields(error) });
        return false;
      });
      if (!isLoaded) missing.push(model);
    }
    return missing;
  }

  /** Nobody says of which kind it is: a model that does not generate makes vectors. */
  async #load(model: string): Promise<boolean> {
    const { port, ended } = this.#ollama;
    for (const use of ['generate', 'embed'] as const) {
      await this.#loads.ensure({ model, use, settings: {} }, ended);
      if ((await loadedModels(port, ended)).some(({ name }) => name === model)) return true;
    }
    this.#options.log.error('warm-up', { model, message: 'Ollama has no such model, or cannot load it.' });
    return false;
  }
}

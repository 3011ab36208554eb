import { rest } from '../rest.ts';
import { ask } from './ask.ts';

export interface LifeOptions {
  startTimeoutMs: number;
  probeEveryMs: number;
  probeTimeoutMs: number;
}

const START_PROBE_EVERY_MS = 100;

/** So many in a row: one may be slow for reasons of the machine, such as a NAS that everything waits for. */
const SILENT_PROBES = 3;

/** A timer that is so late says that this process stood still, and Ollama with it. */
const FROZEN_MS = 1_000;

/**
 * Waits until Ollama answers. Counted in tries and not by the clock, which goes on while an instance is frozen.
 *
 * @returns whether it did; false also when the signal is aborted.
 */
export async function untilUp(port: number, options: LifeOptions, signal: AbortSignal): Promise<boolean> {
  const tries = Math.ceil(options.startTimeoutMs / START_PROBE_EVERY_MS);
  for (let count = 0; count < tries && !signal.aborted; count += 1) {
    if (await answers(port, START_PROBE_EVERY_MS * 10, signal)) return true;
    await rest(START_PROBE_EVERY_MS, signal);
  }
  return false;
}

/** Tells an Ollama that is there and does nothing from one that works. */
export class LifeSigns {
  readonly #port: number;
  readonly #options: LifeOptions;
  #heardAtMs = performance.now();

  constructor(port: number, options: LifeOptions) {
    this.#port = port;
    this.#options = options;
  }

  /** A byte has come: it lives, whatever a probe says. */
  heard(): void {
    this.#heardAtMs = performance.now();
  }

  /** Resolves when Ollama hangs, or when the signal is aborted. */
  async untilSilent(signal: AbortSignal): Promise<void> {
    let silent = 0;
    while (silent < SILENT_PROBES && !signal.aborted) {
      await rest(this.#options.probeEveryMs, signal);
      silent = (await this.#livesAfterProbe(signal)) ? 0 : silent + 1;
    }
  }

  async #livesAfterProbe(signal: AbortSignal): Promise<boolean> {
    const { probeEveryMs, probeTimeoutMs } = this.#options;
    const askedAtMs = performance.now();
    if (askedAtMs - this.#heardAtMs < probeEveryMs) return true;
    if (await answers(this.#port, probeTimeoutMs, signal)) return true;
    const nowMs = performance.now();
    return this.#heardAtMs >= askedAtMs || nowMs - askedAtMs > probeTimeoutMs + FROZEN_MS;
  }
}

async function answers(port: number, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const signals = [signal, AbortSignal.timeout(timeoutMs)];
  return ask({ port, method: 'GET', path: '/', signals }).then(
    ({ status }) => status === 200,
    () => false,
  );
}

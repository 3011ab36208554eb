import { GatewayError } from '#shared/errors.ts';
import type { Log } from '#shared/log.ts';
import { ollamaEnvironment } from './child/environment.ts';
import type { OllamaState, RunningOllama } from './child/state.ts';
import { Supervisor } from './child/supervisor.ts';
import type { OllamaProxyConfig } from './config.ts';
import { loadedModels } from './loads/loaded-models.ts';
import { type LoadOutcome, Loads } from './loads/loads.ts';
import { unloadModels } from './loads/unload-models.ts';
import { WarmUp } from './loads/warm-up.ts';
import type { Metrics } from './metrics/metrics.ts';

/** One life of Ollama, with what is known of its models; the next begins with nothing. */
export interface Life {
  ollama: RunningOllama;
  loads: Loads;
  warmUp: WarmUp;
}

/** The Ollama of this instance, through all its lives. */
export class Engine {
  readonly #config: OllamaProxyConfig;
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #supervisor: Supervisor;
  readonly #lives = new WeakMap<RunningOllama, Life>();

  constructor(
    config: OllamaProxyConfig,
    log: Log,
    metrics: Metrics,
    inherited: Readonly<Record<string, string | undefined>>,
  ) {
    this.#config = config;
    this.#log = log;
    this.#metrics = metrics;
    this.#supervisor = new Supervisor({
      command: config.OLLAMA_COMMAND,
      environment: (port) => ollamaEnvironment(config, inherited, port),
      home: config.OLLAMA_HOME,
      backOff: this.#backOff,
      life: {
        startTimeoutMs: config.START_TIMEOUT_MS,
        probeEveryMs: config.PROBE_EVERY_MS,
        probeTimeoutMs: config.PROBE_TIMEOUT_MS,
      },
      stopTimeoutMs: config.STOP_TIMEOUT_MS,
      log,
      onRunning: (ollama) => this.#lives.set(ollama, this.#begin(ollama)),
      onRestart: () => metrics.restarted(),
    });
  }

  get state(): OllamaState {
    return this.#supervisor.state;
  }

  start(): void {
    this.#supervisor.start();
  }

  /** @throws GatewayError `gateway_not_ready` when Ollama does not answer in time, with what it does instead; the signal's reason. */
  async life(timeoutMs: number, signal?: AbortSignal): Promise<Life> {
    const { running } = this.#supervisor;
    if (running) return this.#lives.get(running)!;
    const late = AbortSignal.timeout(timeoutMs);
    const bound = signal ? AbortSignal.any([signal, late]) : late;
    const ollama = await this.#supervisor.untilRunning(bound).catch((error: unknown) => {
      throw late.aborted && !signal?.aborted ? notReady(this.state) : error;
    });
    return this.#lives.get(ollama)!;
  }

  /** What is in memory; undefined when Ollama cannot be asked. */
  async loaded(): Promise<{ name: string; vramBytes: number }[] | undefined> {
    const { running } = this.#supervisor;
    return running && loadedModels(running.port, running.ended).catch(() => undefined);
  }

  /** Unloads the models and ends Ollama, each within its bound. */
  async stop(): Promise<void> {
    const { running } = this.#supervisor;
    // What cannot be unloaded in time ends with the process.
    const late = AbortSignal.timeout(this.#config.UNLOAD_TIMEOUT_MS);
    if (running) await unloadModels(running.port, AbortSignal.any([late, running.ended])).catch(() => {});
    await this.#supervisor.stop();
  }

  get #backOff() {
    return { firstMs: this.#config.RESTART_REST_MS, mostMs: this.#config.RESTART_MOST_REST_MS };
  }

  #begin(ollama: RunningOllama): Life {
    const loads = new Loads(ollama, {
      timeoutMs: this.#config.LOAD_TIMEOUT_MS,
      restMs: this.#config.LOAD_REST_MS,
      onLoad: (model, outcome, ms) => void this.#noteLoad(ollama, model, outcome, ms),
    });
    const options = { models: this.#config.MODELS_TO_LOAD, backOff: this.#backOff, log: this.#log };
    return { ollama, loads, warmUp: new WarmUp(ollama, loads, options) };
  }

  async #noteLoad(ollama: RunningOllama, model: string, outcome: LoadOutcome, ms: number): Promise<void> {
    this.#log.info('load', { model, outcome, ms: Math.round(ms) });
    // What it lists may be a label, and what a caller wrote may not.
    if (outcome === 'loaded')
      this.#metrics.listed(await loadedModels(ollama.port, ollama.ended).catch(() => []));
    this.#metrics.load(model, outcome, ms);
  }
}

function notReady(state: OllamaState): GatewayError {
  const detail = state.status === 'restarting' ? `, attempt ${state.attempt}` : '';
  const text = `Ollama is not running at the moment (${state.status}${detail}).`;
  return new GatewayError('gateway_not_ready', text, { retryAfterMs: 2_000 });
}

import { mkdir } from 'node:fs/promises';
import { GatewayError } from '#shared/errors.ts';
import { errorFields, type Log } from '#shared/log.ts';
import { rest } from '../rest.ts';
import { type BackOff, backOffMs } from './back-off.ts';
import { freePort } from './free-port.ts';
import { type LifeOptions, LifeSigns, untilUp } from './life-signs.ts';
import { LogLines } from './log-lines.ts';
import { ProcessGroup } from './process-group.ts';
import type { OllamaState, RunningOllama } from './state.ts';

export interface SupervisorOptions {
  command: readonly [string, ...string[]];
  environment(port: number): Record<string, string>;
  home: string;
  backOff: BackOff;
  life: LifeOptions;
  stopTimeoutMs: number;
  log: Log;
  /** Called each time that an Ollama has begun to answer. */
  onRunning(ollama: RunningOllama): void;
  onRestart(): void;
}

/** One that has answered for so long was well: the next failure is counted as the first. */
const WELL_AFTER_MS = 60_000;

/** Keeps an `ollama serve` running: starts it, and again whenever it ends or hangs, until it is told to stop. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #lines: LogLines;
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();
  #state: OllamaState = { status: 'starting', attempt: 0 };
  #running: RunningOllama | undefined;
  #life: Promise<void> | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#lines = new LogLines(options.log);
  }

  get state(): OllamaState {
    return this.#state;
  }

  get running(): RunningOllama | undefined {
    return this.#running;
  }

  start(): void {
    this.#life ??= this.#live();
  }

  /**
   * The Ollama that answers, as soon as there is one.
   *
   * @throws the signal's reason when it is aborted first; GatewayError `gateway_not_ready` when there will be none.
   */
  untilRunning(signal: AbortSignal): Promise<RunningOllama> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (this.#running) leave(() => resolve(this.#running!));
        else if (this.#stop.signal.aborted) leave(() => reject(stopped()));
        else if (signal.aborted) leave(() => reject(signal.reason));
      };
      const leave = (settle: () => void) => {
        signal.removeEventListener('abort', look);
        this.#waiting.delete(look);
        settle();
      };
      this.#waiting.add(look);
      signal.addEventListener('abort', look);
      look();
    });
  }

  /** Ends Ollama and all that it has started, within the bound. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('The proxy is stopping.'));
    await this.#life;
    this.#become({ status: 'stopped' });
  }

  async #live(): Promise<void> {
    const { signal } = this.#stop;
    const { backOff, log } = this.#options;
    let attempt = 0;
    while (!signal.aborted) {
      this.#become({ status: 'starting', attempt });
      const begunAtMs = performance.now();
      const reason = await this.#liveOnce(signal).catch((error: unknown) => {
        log.error('ollama start', errorFields(error));
        return 'could not be started';
      });
      if (signal.aborted) break;
      attempt = performance.now() - begunAtMs > WELL_AFTER_MS ? 1 : attempt + 1;
      const restMs = backOffMs(backOff, attempt, Math.random());
      log.error('ollama ended', { reason, attempt, restMs });
      this.#options.onRestart();
      this.#become({ status: 'restarting', attempt, nextTryAtMs: Date.now() + restMs, reason });
      await rest(restMs, signal);
    }
  }

  /** One life, from its start until nothing is left of it; says why it is over. */
  async #liveOnce(stopping: AbortSignal): Promise<string> {
    const { command, environment, home, life, stopTimeoutMs } = this.#options;
    await mkdir(home, { recursive: true });
    const port = await freePort();
    const group = new ProcessGroup({
      command,
      environment: environment(port),
      lines: this.#lines,
      stopTimeoutMs,
    });
    const over = new AbortController();
    const ended = AbortSignal.any([stopping, over.signal]);
    void group.ended.then((how) => over.abort(new Error(`Ollama ${how}.`)));
    try {
      if (!(await untilUp(port, life, ended))) return reasonOf(ended) ?? 'did not begin to answer in time';
      const signs = new LifeSigns(port, life);
      this.#begin({ port, ended, heard: () => signs.heard() });
      await signs.untilSilent(ended);
      return reasonOf(ended) ?? 'did not answer any more';
    } finally {
      over.abort(new Error('Ollama did not answer any more.'));
      this.#running = undefined;
      this.#become({ status: 'stopping' });
      await group.stop();
    }
  }

  #begin(ollama: RunningOllama): void {
    this.#options.log.info('ollama running', { port: ollama.port });
    this.#options.onRunning(ollama);
    this.#running = ollama;
    this.#become({ status: 'running', sinceMs: Date.now() });
  }

  #become(state: OllamaState): void {
    this.#state = state;
    for (const look of [...this.#waiting]) look();
  }
}

const reasonOf = (ended: AbortSignal) => (ended.aborted ? (ended.reason as Error).message : undefined);

const stopped = () =>
  new GatewayError('gateway_not_ready', 'This instance is about to end.', { retryAfterMs: 1000 });

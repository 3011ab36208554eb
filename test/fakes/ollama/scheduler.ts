import { type Deferred, deferred } from './deferred.ts';
import { failures } from './errors.ts';
import { type Exchange, whileThere } from './exchange.ts';
import { Loader, type LoaderOptions } from './loader.ts';
import type { Model } from './models.ts';
import { Runner } from './runner.ts';
import { needsReload, type RunnerSettings } from './runner-options.ts';

export interface SchedulerOptions extends LoaderOptions {
  numParallel: number;
  maxQueue: number;
  maxLoadedModels: number;
  keepAliveMs: number;
}

interface Ticket {
  model: Model;
  settings: RunnerSettings;
  exchange: Exchange;
  served: Deferred<Runner>;
}

/**
 * Who may use which runner when. A request for a model that runs goes straight to its runner; every other
 * one stands in a single queue, because Ollama loads one model at a time.
 */
export class Scheduler {
  readonly loader: Loader;
  readonly #options: SchedulerOptions;
  /** Keyed by blob: two names of one file share a runner. */
  readonly #runners = new Map<string, Runner>();
  /** As in Ollama a request whose client has left keeps its place until it is its turn. */
  readonly #queue: Ticket[] = [];
  #isLoading = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.loader = new Loader(options);
  }

  /** Waits for a runner with these settings and for one of its slots; the caller gives the slot back. */
  async acquire(model: Model, settings: RunnerSettings, keepAliveMs: number | undefined, exchange: Exchange) {
    const runner = this.#running(model, settings) ?? (await this.#enqueue(model, settings, exchange));
    exchange.record.update({ phase: 'slot' });
    return runner.takeSlot(keepAliveMs ?? this.#options.keepAliveMs, exchange.gone);
  }

  running(): Runner[] {
    return [...this.#runners.values()];
  }

  /** Lets the model go as soon as nobody uses it. */
  unload(model: Model): void {
    this.#runners.get(model.blob)?.expireWhenIdle();
  }

  stop(): void {
    for (const runner of this.#runners.values()) runner.remove();
  }

  /** Counted in from here on, so that it is not evicted before its slot is taken. */
  #running(model: Model, settings: RunnerSettings): Runner | undefined {
    const runner = this.#runners.get(model.blob);
    return runner && !needsReload(runner.settings, settings) ? runner.enter() : undefined;
  }

  #enqueue(model: Model, settings: RunnerSettings, exchange: Exchange): Promise<Runner> {
    if (this.#isLoading && this.#queue.length >= this.#options.maxQueue) throw failures.queueFull();
    exchange.record.update({ phase: 'queued' });
    const served = deferred<Runner>();
    this.#queue.push({ model, settings, exchange, served });
    if (!this.#isLoading) void this.#serveQueue();
    return whileThere(exchange.gone, served.promise);
  }

  async #serveQueue(): Promise<void> {
    this.#isLoading = true;
    for (let ticket = this.#queue.shift(); ticket; ticket = this.#queue.shift()) {
      const { served, exchange } = ticket;
      try {
        const runner = await this.#bringUp(ticket);
        if (exchange.gone.aborted) runner.leave();
        else served.resolve(runner);
      } catch (error) {
        // A client that has left does not look at this any more.
        served.promise.catch(() => {});
        served.reject(error);
      }
    }
    this.#isLoading = false;
  }

  async #bringUp({ model, settings, exchange }: Ticket): Promise<Runner> {
    exchange.gone.throwIfAborted();
    const running = this.#running(model, settings);
    if (running) return running;
    const isReload = await this.#makeRoom(model, exchange.gone);
    exchange.record.update({ phase: 'loading' });
    await this.loader.load(model, settings.numCtx, isReload, exchange.gone);
    const runner = new Runner(model, settings, this.#options.numParallel, () =>
      this.#runners.delete(model.blob),
    );
    this.#runners.set(model.blob, runner);
    return runner.enter();
  }

  async #makeRoom(model: Model, gone: AbortSignal): Promise<boolean> {
    const own = this.#runners.get(model.blob);
    if (!own && this.#runners.size < this.#options.maxLoadedModels) return false;
    const others = this.running().toSorted((a, b) => a.users - b.users);
    const victim = own ?? others[0]!;
    await whileThere(gone, victim.idle());
    victim.remove();
    return own !== undefined;
  }
}

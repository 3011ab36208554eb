import { setTimeout as delay } from 'node:timers/promises';
import { within } from './call.ts';
import type { Instance } from './instance.ts';
import type { InstancePool } from './instance-pool.ts';
import { Refusal } from './refusal.ts';
import type { Settings } from './settings.ts';
import type { FunctionSpec } from './spec.ts';
import { deliver, type StoredRequest } from './stored-request.ts';

/** In FC's words. */
type Outcome = 'Succeeded' | 'Failed' | 'Stopped' | 'Expired';

/** How long one waits that found every seat taken, before it looks again. */
const LOOK_AGAIN_MS = 20;

/**
 * A request that was taken for later, and what became of it. It begins at once, and is begun again where it fails.
 *
 * Whether it failed is what the function says with `x-fc-status: 404`, whatever its status (reference: fc-docs 04/108), or
 * that no whole answer came.
 */
export class AsyncInvocation {
  /** Of the task, as the caller named it; else the request's. */
  readonly id: string;
  status: 'Enqueued' | 'Running' | 'Retrying' | Outcome = 'Enqueued';
  /** How often it was begun. */
  attempts = 0;
  /** What went wrong last. */
  reason: string | undefined;
  /** Resolves when nothing more comes of it. Never rejects. */
  readonly over: Promise<void>;
  readonly #request: StoredRequest;
  readonly #spec: FunctionSpec;
  readonly #pool: InstancePool;
  readonly #stopped = new AbortController();
  readonly #takenMs = performance.now();
  #isClosed = false;

  constructor(
    id: string,
    request: StoredRequest,
    spec: FunctionSpec,
    settings: Settings,
    pool: InstancePool,
  ) {
    this.id = id;
    this.#request = request;
    this.#spec = spec;
    this.#pool = pool;
    const deliveries = settings.deliverTwice ? [this.#deliver(), this.#deliver()] : [this.#deliver()];
    this.over = Promise.all(deliveries).then(([outcome]) => {
      this.status = outcome ?? 'Failed';
      if (outcome === 'Succeeded' || outcome === 'Stopped' || this.#isClosed) return;
      settings.onFailedInvocation({
        functionName: spec.name,
        id,
        reason: this.reason ?? 'it waited too long',
      });
    });
  }

  stop(): void {
    this.#stopped.abort(new Error('It was stopped.'));
  }

  /** What runs may come to its end, but is not begun again. */
  close(): void {
    this.#isClosed = true;
  }

  async #deliver(): Promise<Outcome> {
    for (let retriesLeft = this.#spec.async.retries; ; retriesLeft -= 1) {
      try {
        const failure = await this.#attempt();
        if (failure === undefined) return 'Succeeded';
        this.reason = failure;
      } catch (error) {
        this.reason = error instanceof Error ? error.message : String(error);
      }
      if (this.#stopped.signal.aborted) return 'Stopped';
      if (this.#isExpired) return 'Expired';
      if (retriesLeft === 0 || this.#isClosed) return 'Failed';
      this.status = 'Retrying';
    }
  }

  get #isExpired(): boolean {
    return performance.now() - this.#takenMs > this.#spec.async.maxAgeSeconds * 1000;
  }

  /** @returns what the function says went wrong. @throws Error when it says nothing. */
  async #attempt(): Promise<string | undefined> {
    const ending = new AbortController();
    const ended = AbortSignal.any([this.#stopped.signal, ending.signal]);
    const run = { spec: this.#spec, ended, end: (reason: unknown) => ending.abort(reason) };
    const answer = await this.#onceThereIsRoom(
      (instance) => instance.serve(() => within(run, () => this.#ask(instance, ended)), ended),
      ended,
    );
    if (answer.headers['x-fc-status'] !== '404') return undefined;
    return `the function answered ${answer.statusCode} and that it failed`;
  }

  async #ask(instance: Instance, ended: AbortSignal) {
    ended.throwIfAborted(); // stopped while the instance started
    this.status = 'Running';
    this.attempts += 1;
    return await deliver(this.#request, instance, ended);
  }

  /** FC tries again for hours where there is no room, and that is no failure. */
  async #onceThereIsRoom<T>(work: (instance: Instance) => Promise<T>, ended: AbortSignal): Promise<T> {
    for (;;) {
      try {
        ended.throwIfAborted();
        return await work(this.#pool.choose());
      } catch (error) {
        const isFull = error instanceof Refusal && error.code === 'ResourceExhausted';
        if (!isFull || this.#isExpired || this.#isClosed) throw error;
        await delay(LOOK_AGAIN_MS, undefined, { signal: ended, ref: false });
      }
    }
  }
}

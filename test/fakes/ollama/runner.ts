import { deferred } from './deferred.ts';
import { whileThere } from './exchange.ts';
import type { Model } from './models.ts';
import type { RunnerSettings } from './runner-options.ts';

/** Gives the slot back; a second call changes nothing. */
export type ReleaseSlot = () => void;

/** Node fires a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A loaded model: its slots, who uses it, and until when it is kept. */
export class Runner {
  readonly model: Model;
  readonly settings: RunnerSettings;
  /** Null is for ever. */
  expiresAt: Date | null = null;
  users = 0;

  readonly #onRemoved: () => void;
  readonly #waiting: (() => void)[] = [];
  #idleWatchers: (() => void)[] = [];
  #freeSlots: number;
  #keepAliveMs = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #isRemoved = false;

  constructor(model: Model, settings: RunnerSettings, slots: number, onRemoved: () => void) {
    this.model = model;
    this.settings = settings;
    // Ollama forces one slot for embedding models.
    this.#freeSlots = model.capabilities.includes('embedding') ? 1 : slots;
    this.#onRemoved = onRemoved;
  }

  /** Counts one user more, who is neither evicted nor expired under their feet. */
  enter(): this {
    this.users += 1;
    clearTimeout(this.#timer);
    return this;
  }

  leave(): void {
    this.users -= 1;
    if (this.users > 0) return;
    for (const wake of this.#idleWatchers.splice(0)) wake();
    this.#startExpiry();
  }

  /** For one who has entered: waits for a slot, without limit and in order. Leaves when given back. */
  async takeSlot(keepAliveMs: number, gone: AbortSignal): Promise<ReleaseSlot> {
    try {
      await this.#slot(gone);
    } catch (error) {
      this.leave();
      throw error;
    }
    this.#keepAliveMs = keepAliveMs;
    this.expiresAt = Number.isFinite(keepAliveMs) ? new Date(Date.now() + keepAliveMs) : null;
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#freeSlot();
      this.leave();
    };
  }

  async #slot(gone: AbortSignal): Promise<void> {
    gone.throwIfAborted();
    if (this.#freeSlots > 0) {
      this.#freeSlots -= 1;
      return;
    }
    const turn = deferred<void>();
    let isMine = false;
    const take = () => {
      isMine = true;
      turn.resolve();
    };
    this.#waiting.push(take);
    try {
      await whileThere(gone, turn.promise);
    } catch (error) {
      // The slot may have been handed over in the very moment of leaving.
      if (isMine) this.#freeSlot();
      else this.#waiting.splice(this.#waiting.indexOf(take), 1);
      throw error;
    }
  }

  #freeSlot(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#freeSlots += 1;
  }

  idle(): Promise<void> {
    return this.users === 0 ? Promise.resolve() : new Promise((resolve) => this.#idleWatchers.push(resolve));
  }

  expireWhenIdle(): void {
    this.#keepAliveMs = 0;
    if (this.users === 0) this.remove();
  }

  remove(): void {
    if (this.#isRemoved) return;
    this.#isRemoved = true;
    clearTimeout(this.#timer);
    this.#onRemoved();
  }

  #startExpiry(): void {
    if (this.#keepAliveMs === 0) this.remove();
    if (this.#isRemoved || !Number.isFinite(this.#keepAliveMs)) return;
    this.expiresAt = new Date(Date.now() + this.#keepAliveMs);
    this.#timer = setTimeout(() => this.remove(), Math.min(this.#keepAliveMs, LONGEST_TIMER_MS));
    this.#timer.unref();
  }
}

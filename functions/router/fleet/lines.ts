import type { Model } from '#shared/catalog/catalog.ts';
import { FairQueue } from './fair-queue.ts';
import type { Place } from './place.ts';
import { allBusy } from './refusals.ts';

interface Options {
  /** How many may wait for one model, and for how long. */
  length: number;
  waitMs: number;
  /** How often a place may have become free of which this router is not told. */
  everyMs: number;
  /** Learns what became free. */
  look(): Promise<void>;
}

/** Who waits, and until when at most. */
interface Waiter {
  model: Model;
  consumerId: number;
  ends: readonly AbortSignal[];
}

/** The calls that wait for a place: a line for each model, so that those who wait for one are not in the way of another. */
export class Lines {
  readonly #options: Options;
  readonly #lines = new Map<string, FairQueue>();
  #pulse: NodeJS.Timeout | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Nobody passes those who wait already. */
  isLineFor({ name }: Model): boolean {
    return this.#lines.has(name);
  }

  /**
   * @param take finds a place, or undefined while all are full
   * @throws GatewayError `server_overloaded` when the line is full or the wait too long, the reason of the end, or what `take` throws.
   */
  async wait({ model, consumerId, ends }: Waiter, take: () => Promise<Place | undefined>): Promise<Place> {
    const { length, waitMs, everyMs } = this.#options;
    const line = this.#lines.get(model.name) ?? new FairQueue();
    if (line.length >= length) throw allBusy(model, waitMs);
    this.#lines.set(model.name, line);
    const tooLong = new AbortController();
    const timer = setTimeout(() => tooLong.abort(allBusy(model, waitMs)), waitMs);
    const leaving = AbortSignal.any([...ends, tooLong.signal]);
    let place: Place | undefined;
    const attempt = async () => {
      place = await take();
      if (leaving.aborted) place?.leave({ kind: 'unused' }); // it came too late, and nobody would give it back
      return place !== undefined;
    };
    try {
      const waited = line.wait(consumerId, attempt, leaving);
      this.#pulse ??= setInterval(() => void this.#options.look().then(() => this.pump()), everyMs);
      this.pump();
      await waited;
      return place!;
    } finally {
      clearTimeout(timer);
      if (line.length === 0 && this.#lines.get(model.name) === line) this.#lines.delete(model.name);
      if (this.#lines.size === 0) this.#rest();
    }
  }

  /** A place may have become free. */
  pump(): void {
    for (const line of this.#lines.values()) void line.pump();
  }

  #rest(): void {
    clearInterval(this.#pulse);
    this.#pulse = undefined;
  }
}

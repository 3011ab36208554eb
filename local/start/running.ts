/**
 * What runs, or is about to: the last started ends first.
 *
 * Each thing is known from the moment its start begins, so an end in the middle of a start misses nothing:
 * it waits for that start, then ends what came of it.
 */
export class Running {
  readonly #ends: (() => Promise<unknown>)[] = [];
  readonly #broken = Promise.withResolvers<never>();
  #isEnding = false;

  constructor() {
    this.broken.catch(() => {}); // of use only while somebody waits for it
  }

  /** Rejects when something that should have gone on has ended by itself. */
  get broken(): Promise<never> {
    return this.#broken.promise;
  }

  /** Begins something, unless the end has begun; whoever waits for it meanwhile goes no further either. */
  async start<T>(begin: () => Promise<T>, end?: (started: T) => Promise<unknown>): Promise<T> {
    this.assertGoingOn();
    const starting = begin();
    this.#ends.unshift(() => starting.then(end, () => {})); // of a failed start somebody else hears
    const started = await starting;
    this.assertGoingOn();
    return started;
  }

  break(reason: Error): void {
    this.#broken.reject(reason);
  }

  /** Ends everything, also after something could not be ended; gives what went wrong. */
  async end(): Promise<unknown[]> {
    this.#isEnding = true;
    const failures: unknown[] = [];
    for (const end of this.#ends) await end().catch((error: unknown) => failures.push(error));
    return failures;
  }

  /** @throws Error when the end has begun: whoever is still starting things stops there. */
  assertGoingOn(): void {
    if (this.#isEnding) throw new Error('Everything is ending.');
  }
}

/** Takes a place and says true, or finds none. What it throws, the one who waits gets. */
type Attempt = () => Promise<boolean> | boolean;

interface Waiting {
  attempt: Attempt;
  leave(error?: unknown): void;
}

/**
 * Calls that wait for a place. Consumers take turns, whatever each has waiting: one with a hundred calls makes another
 * with one wait for one call, not for a hundred.
 */
export class FairQueue {
  /** In the order of turns; each with its own calls in theirs. */
  readonly #waiting = new Map<number, Waiting[]>();
  #length = 0;
  #pumping = false;
  #again = false;

  get length(): number {
    return this.#length;
  }

  /**
   * Waits until the attempt succeeds.
   *
   * @throws what the attempt throws, or the signal's reason when it is aborted first.
   */
  wait(consumerId: number, attempt: Attempt, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const own = this.#waiting.get(consumerId) ?? [];
      this.#waiting.set(consumerId, own);
      const abort = () => entry.leave(signal.reason);
      const entry: Waiting = {
        attempt,
        leave: (error) => {
          signal.removeEventListener('abort', abort);
          this.#forget(consumerId, entry);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      own.push(entry);
      this.#length += 1;
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort);
    });
  }

  /** A place may be free: lets those try whose turn it is, until one round finds nothing. */
  async pump(): Promise<void> {
    this.#again = true;
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#again) {
      this.#again = false;
      for (const consumerId of [...this.#waiting.keys()]) {
        if (await this.#tryOneOf(consumerId)) this.#again = true;
      }
    }
    this.#pumping = false;
  }

  /** Its first call that finds a place; then the consumer goes to the end of the line. */
  async #tryOneOf(consumerId: number): Promise<boolean> {
    for (const entry of [...(this.#waiting.get(consumerId) ?? [])]) {
      if (!(await tried(entry))) continue;
      const rest = this.#waiting.get(consumerId);
      this.#waiting.delete(consumerId);
      if (rest) this.#waiting.set(consumerId, rest);
      return true;
    }
    return false;
  }

  #forget(consumerId: number, entry: Waiting): void {
    const own = this.#waiting.get(consumerId);
    const at = own?.indexOf(entry) ?? -1;
    if (!own || at < 0) return;
    own.splice(at, 1);
    this.#length -= 1;
    if (own.length === 0) this.#waiting.delete(consumerId);
  }
}

/** One that fails leaves the line too. */
async function tried(entry: Waiting): Promise<boolean> {
  try {
    if (!(await entry.attempt())) return false;
    entry.leave();
  } catch (error) {
    entry.leave(error);
  }
  return true;
}

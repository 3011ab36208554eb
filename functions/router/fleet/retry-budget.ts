/** Retries a call earns for others, and how many may be saved. */
const EARNED = 0.2;
const MOST = 20;

/**
 * How many second tries this router may make: a fifth of its calls, and some more after quiet times. Without a bound,
 * retries would double the load of a cluster at the moment it breaks down.
 */
export class RetryBudget {
  #left = MOST;

  earn(): void {
    this.#left = Math.min(MOST, this.#left + EARNED);
  }

  /** False when it is used up. */
  spend(): boolean {
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}

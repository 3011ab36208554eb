import { GatewayError } from '#shared/errors.ts';

const COME_BACK_MS = 2_000;

/**
 * The bodies of calls whose answer has not begun: until then each is kept, read, for another try, and takes several times
 * its size. Without a bound, a few of the largest would take an instance's memory, and all its calls with it.
 */
export class BodyBudget {
  readonly #limitBytes: number;
  #taken = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /**
   * A body alone is always taken.
   *
   * @returns gives the bytes back; more than once does no harm
   * @throws GatewayError `server_overloaded` when others have taken too much.
   */
  take(bytes: number): () => void {
    if (this.#taken > 0 && this.#taken + bytes > this.#limitBytes) throw full();
    this.#taken += bytes;
    let isTaken = true;
    return () => {
      if (isTaken) this.#taken -= bytes;
      isTaken = false;
    };
  }
}

const full = () =>
  new GatewayError('server_overloaded', 'Too many large requests are waiting for their answers.', {
    retryAfterMs: COME_BACK_MS,
  });

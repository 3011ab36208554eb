import { Database, type DatabaseOptions } from '#shared/db/database.ts';
import { NaturalBatch } from '#shared/db/natural-batch.ts';
import { GatewayError } from '#shared/errors.ts';
import { type Trouble, troubleOf } from './trouble.ts';
import { FLUSH, statementOf, unflushed } from './wire.ts';

/** One call of many in a batch. */
interface Asked {
  entry: object;
  /** The tenant, whose limits are locked for it. */
  rootId: number;
  /** Until when it is worth asking, by `performance.now()`. */
  untilMs: number;
}

type Answer<T> = { result: T } | { error: unknown };

const MOST_IN_A_BATCH = 128;
const STUCK_CLIENTS = 'select end_stuck_clients() as result';

/**
 * A function of the ledger that takes many calls in one round trip, at most one of them on its way.
 *
 * The functions are idempotent by request id, so what fails for a reason that passes is asked again with the
 * same ids. What fails for one call is narrowed down to that call: no other pays for it.
 */
export class LedgerFunction<T> {
  readonly #database: Database;
  readonly #name: string;
  readonly #patienceMs: number;
  readonly #outlastsLocks: boolean;
  readonly #isFlushed: boolean;
  readonly #batch: NaturalBatch<Asked, Answer<T>>;

  /**
   * @param patienceMs for how long a call is asked again before it is given up.
   * @param outlastsLocks asks again for as long also where the tenant's rows are locked: what has been used must be written down.
   * @param isFlushed an answer is on disk before it is given; false where it may be lost with the server.
   */
  constructor(
    database: Database,
    name: string,
    patienceMs: number,
    { outlastsLocks = false, isFlushed = true } = {},
  ) {
    this.#database = database;
    this.#name = name;
    this.#patienceMs = patienceMs;
    this.#outlastsLocks = outlastsLocks;
    this.#isFlushed = isFlushed;
    this.#batch = new NaturalBatch((asked) => this.#answers(asked), MOST_IN_A_BATCH);
  }

  /** @throws GatewayError `gateway_not_ready` when the database does not answer in time, or a tenant's rows stay locked. */
  async ask(entry: object, rootId: number): Promise<T> {
    const untilMs = performance.now() + this.#patienceMs;
    const answer = await this.#batch.ask({ entry, rootId, untilMs });
    if ('result' in answer) return answer.result;
    throw answer.error;
  }

  async #answers(asked: Asked[]): Promise<Answer<T>[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const results = await this.#send(asked);
        return results.map((result) => ({ result }));
      } catch (error) {
        const trouble = troubleOf(error);
        if (trouble !== 'passing') return this.#apart(asked, trouble, error);
        if (areOverdue(asked)) return allFailed(asked, error);
        await pause(attempt);
      }
    }
  }

  async #send(asked: Asked[]): Promise<T[]> {
    const statement = statementOf(
      this.#name,
      asked.map(({ entry }) => entry),
    );
    // In one write: the second waits for the disk, when the first has let go of its locks.
    const [[row]] = await Promise.all([
      this.#database.simple<{ result: T[] }>(unflushed(statement)),
      this.#isFlushed && this.#database.simple(FLUSH),
    ]);
    return row!.result;
  }

  /** Locked rows are those of one tenant, and data that cannot be read is that of one call: the others go on without them. */
  async #apart(asked: Asked[], trouble: Exclude<Trouble, 'passing'>, error: unknown): Promise<Answer<T>[]> {
    const groups = trouble === 'locked' ? byRoot(asked) : halves(asked);
    if (groups.length < 2 && trouble === 'data') return allFailed(asked, error);
    const answers = new Map<Asked, Answer<T>>();
    for (const group of groups) {
      const own = trouble === 'locked' ? await this.#onceMore(group, error) : await this.#answers(group);
      for (const [index, one] of group.entries()) answers.set(one, own[index]!);
    }
    return asked.map((one) => answers.get(one)!);
  }

  async #onceMore(asked: Asked[], cause: unknown): Promise<Answer<T>[]> {
    if (areOverdue(asked)) return allFailed(asked, cause);
    for (;;) {
      try {
        const results = await this.#send(asked);
        return results.map((result) => ({ result }));
      } catch (error) {
        if (troubleOf(error) !== 'locked') return this.#answers(asked);
        const ended = await this.#endStuckClients();
        const goesOn = this.#outlastsLocks && (!areOverdue(asked) || ended > 0);
        if (!goesOn) return allFailed(asked, error);
      }
    }
  }

  async #endStuckClients(): Promise<number> {
    const [row] = await this.#database.simple<{ result: number }>(STUCK_CLIENTS).catch(() => []);
    return row?.result ?? 0;
  }
}

const areOverdue = (asked: Asked[]) => asked.every(({ untilMs }) => performance.now() >= untilMs);

function byRoot(asked: Asked[]): Asked[][] {
  return [...Map.groupBy(asked, ({ rootId }) => rootId).values()];
}

function halves(asked: Asked[]): Asked[][] {
  const middle = Math.ceil(asked.length / 2);
  return asked.length < 2 ? [asked] : [asked.slice(0, middle), asked.slice(middle)];
}

const allFailed = (asked: Asked[], cause: unknown) => {
  const error =
    cause instanceof GatewayError
      ? cause
      : new GatewayError(
          'gateway_not_ready',
          'The gateway cannot account for this call at the moment. Please try again.',
          { cause, retryAfterMs: 2_000 },
        );
  return asked.map(() => ({ error }));
};

/** Longer each time, and never the same for two routers. Short at first: after a thaw, a connection is dead and the next is not. */
const pause = (attempt: number) =>
  new Promise((resolve) => setTimeout(resolve, Math.min(10 * 3 ** attempt, 500) * Math.random()));

/** Above the server's own time-out, so that a statement that we give up has ended. */
const STATEMENT_TIMEOUT_MS = 2_000;
const REPLY_TIMEOUT_MS = 2_500;

export const ledgerDatabase = (options: DatabaseOptions) =>
  new Database({
    ...options,
    maxConnections: 1,
    queryTimeoutMs: REPLY_TIMEOUT_MS,
    session: {
      statement_timeout: String(STATEMENT_TIMEOUT_MS),
      idle_in_transaction_session_timeout: String(STATEMENT_TIMEOUT_MS),
    },
  });

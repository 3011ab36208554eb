import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { GatewayError } from '#shared/errors.ts';
import { isConnectionLoss, neverSent } from './connection-loss.ts';

export type Drizzle = PostgresJsDatabase;

export interface DatabaseOptions {
  url: string;
  /** Connections of this process; instances × this must stay below what the server allows. */
  maxConnections: number;
  connectTimeoutMs: number;
  /** How long a statement may take, as seen from here, with all tries of it. */
  queryTimeoutMs: number;
  /** Connections that were not used for this long are replaced before their next use. */
  staleAfterMs: number;
  /** PostgreSQL's settings for each connection, such as `statement_timeout`. */
  session?: Record<string, string>;
}

/**
 * PostgreSQL for a process that FC freezes whenever it has nothing to do.
 *
 * After a thaw the sockets may be dead without anyone having said so, and timers that should have closed
 * them did not run. So connections are checked on use: after a pause in use the whole pool is replaced,
 * which costs a connect and never hangs. What still breaks is tried again where that is safe.
 */
export class Database {
  readonly #options: DatabaseOptions;
  #client: postgres.Sql;
  #db: Drizzle;
  /** Wall clock on purpose: a monotonic one may stand still while the machine is frozen. */
  #usedAtMs = Date.now();

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#client = connect(options);
    this.#db = drizzle(this.#client);
  }

  /** Runs statements that may be run twice. @throws GatewayError `gateway_not_ready` when the database is away. */
  read<T>(work: (db: Drizzle) => Promise<T>): Promise<T> {
    return this.#run(work, isConnectionLoss);
  }

  /** Runs statements that must not be run twice: again only if the first try never reached the server. */
  write<T>(work: (db: Drizzle) => Promise<T>): Promise<T> {
    return this.#run(work, neverSent);
  }

  /** Runs one statement without parameters, once, as one message: the server has all of it or nothing. */
  simple<Row>(statement: string): Promise<Row[]> {
    const work = async () => (await this.#client.unsafe(statement).simple()) as unknown as Row[];
    return this.#run(work, () => false);
  }

  async close(): Promise<void> {
    await this.#client.end({ timeout: 1 });
  }

  async #run<T>(work: (db: Drizzle) => Promise<T>, mayRunAgain: (error: unknown) => boolean): Promise<T> {
    if (Date.now() - this.#usedAtMs > this.#options.staleAfterMs) this.#replace(this.#client);
    const untilMs = performance.now() + this.#options.queryTimeoutMs;
    for (let attemptsLeft = 2; ; attemptsLeft -= 1) {
      const client = this.#client;
      try {
        const result = await withinDeadline(work(this.#db), untilMs - performance.now());
        this.#usedAtMs = Date.now();
        return result;
      } catch (error) {
        if (!isConnectionLoss(error)) throw error;
        this.#replace(client);
        const isOver = attemptsLeft === 0 || performance.now() >= untilMs;
        if (isOver || !mayRunAgain(error)) throw unavailable(error);
      }
    }
  }

  /** Only if it is still the one in use: of many calls that fail together, one replaces it. */
  #replace(broken: postgres.Sql): void {
    if (this.#client !== broken) return;
    this.#client = connect(this.#options);
    this.#db = drizzle(this.#client);
    this.#usedAtMs = Date.now();
    // Statements of others that still run on it get a moment; a dead socket would keep us waiting for ever.
    broken.end({ timeout: 1 }).catch(() => {});
  }
}

function connect({ url, maxConnections, connectTimeoutMs, session }: DatabaseOptions): postgres.Sql {
  return postgres(url, {
    max: maxConnections,
    connect_timeout: connectTimeoutMs / 1000,
    backoff: false, // whoever asks again wants to know now
    // Its own query for array types, asked on each new connection, ends the process when the connection breaks under it.
    fetch_types: false,
    prepare: false, // no session state, so that a transaction pooler may stand between
    connection: { application_name: 'sublet', ...session },
    onnotice: () => {},
  });
}

async function withinDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(Object.assign(new Error('No reply in time.'), { code: 'QUERY_TIMEOUT' })),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

const unavailable = (cause: unknown) =>
  new GatewayError(
    'gateway_not_ready',
    'The gateway cannot reach its database. Please try again in a moment.',
    {
      cause,
      retryAfterMs: 2000,
    },
  );

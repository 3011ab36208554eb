import { Database } from '#shared/db/database.ts';
import { schemaProblem } from '#shared/db/schema-version.ts';
import { GatewayError } from '#shared/errors.ts';
import type { Health, HttpFunction } from '#shared/http/door.ts';
import type { Log } from '#shared/log.ts';
import { createApp } from './app.ts';
import type { ConsoleConfig } from './config.ts';
import { upkeep } from './upkeep.ts';

/** What all requests of this process share. */
export interface Console {
  config: ConsoleConfig;
  log: Log;
  database: Database;
  /** For the one question that reads the whole ledger. */
  patientDatabase: Database;
  /** The last one in this process, if one has failed. */
  failedCheck?: { atMs: number };
}

/** Builds the console: what its requests share, its app, and what it does when FC starts, wakes and stops it. */
export function createConsole(config: ConsoleConfig, log: Log): HttpFunction {
  const database = databaseOf(config, config.DATABASE_MAX_CONNECTIONS - 1, config.DATABASE_QUERY_TIMEOUT_MS);
  const patientDatabase = databaseOf(config, 1, config.LEDGER_CHECK_TIMEOUT_MS);
  const console: Console = { config, log, database, patientDatabase };
  const app = createApp(console);
  return {
    fetch: (request, exchange) => app.fetch(request, exchange),
    health: () => healthOf(database),
    initialize: async () => {},
    invoke: () => upkeep(console),
    preStop: async () => {
      await Promise.all([database.close(), patientDatabase.close()]);
    },
  };
}

const databaseOf = (config: ConsoleConfig, maxConnections: number, queryTimeoutMs: number) =>
  new Database({
    url: config.DATABASE_URL,
    maxConnections,
    connectTimeoutMs: config.DATABASE_CONNECT_TIMEOUT_MS,
    queryTimeoutMs,
    staleAfterMs: config.DATABASE_STALE_AFTER_MS,
    // What we do not wait for any more the server ends as well.
    session: { statement_timeout: String(queryTimeoutMs) },
  });

async function healthOf(database: Database): Promise<Health> {
  try {
    const reason = await schemaProblem(database);
    return reason === undefined ? { status: 'ok' } : { status: 'unavailable', reason };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { status: 'unavailable', reason: error.message };
  }
}

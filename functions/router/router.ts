import { Catalog } from '#shared/catalog/catalog.ts';
import { loadCatalog } from '#shared/catalog/load-catalog.ts';
import type { UpstreamVariables } from '#shared/catalog/upstream-variables.ts';
import { Database } from '#shared/db/database.ts';
import type { HttpFunction } from '#shared/http/door.ts';
import { Ledger } from '#shared/ledger/ledger.ts';
import { errorFields, type Log } from '#shared/log.ts';
import { createApp } from './app.ts';
import { BodyBudget } from './body-budget.ts';
import type { RouterConfig } from './config.ts';
import { Fleet } from './fleet/fleet.ts';
import { RetryBudget } from './fleet/retry-budget.ts';
import { imageSettings } from './images/image-settings.ts';
import { Images } from './images/images.ts';
import { Readiness } from './readiness.ts';
import { upkeep } from './upkeep.ts';
import { Connections } from './upstream/connections.ts';

/** See shared/ledger/ledger.ts. */
const LEDGER_CONNECTIONS = 2;

/** Builds the router: what its calls share, its app, and what it does when FC starts and stops it. */
export function createRouter(config: RouterConfig, log: Log, variables: UpstreamVariables): HttpFunction {
  const options = {
    url: config.DATABASE_URL,
    maxConnections: config.DATABASE_MAX_CONNECTIONS - LEDGER_CONNECTIONS,
    connectTimeoutMs: config.DATABASE_CONNECT_TIMEOUT_MS,
    queryTimeoutMs: config.DATABASE_QUERY_TIMEOUT_MS,
    staleAfterMs: config.DATABASE_STALE_AFTER_MS,
  };
  const database = new Database(options);
  const ledger = new Ledger(options);
  const catalog = new Catalog(() => loadCatalog(database, variables));
  const connections = new Connections();
  const readiness = new Readiness(database);
  const fleet = new Fleet({ database, connections, routerId: ledger.routerId, config });
  const retries = new RetryBudget();
  const bodies = new BodyBudget(config.BODIES_LIMIT_BYTES);
  const images = new Images(imageSettings(config));
  const gateway = { config, database, ledger, catalog, connections, fleet, retries, bodies, images };
  const app = createApp(gateway, readiness);
  const initialize = async () => {
    const health = await readiness.health();
    if (health.status === 'ok') await catalog.at(0);
    else log.error('not ready', { message: health.reason });
  };
  // While the listener starts: the first call finds a connection and a catalog. A failure shows there again.
  initialize().catch((error: unknown) => log.error('initialize', errorFields(error)));
  return {
    fetch: (request, exchange) => app.fetch(request, exchange),
    health: () => readiness.health(),
    initialize,
    invoke: () => upkeep(database, ledger, log),
    preStop: async () => {
      connections.dropIdle();
      await Promise.all([database.close(), ledger.disconnect()]);
    },
  };
}

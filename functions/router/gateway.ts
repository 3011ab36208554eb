import type { Catalog } from '#shared/catalog/catalog.ts';
import type { Database } from '#shared/db/database.ts';
import type { Ledger } from '#shared/ledger/ledger.ts';
import type { BodyBudget } from './body-budget.ts';
import type { RouterConfig } from './config.ts';
import type { Fleet } from './fleet/fleet.ts';
import type { RetryBudget } from './fleet/retry-budget.ts';
import type { Images } from './images/images.ts';
import type { Connections } from './upstream/connections.ts';

/** What all calls of this process share. */
export interface Gateway {
  config: RouterConfig;
  database: Database;
  ledger: Ledger;
  catalog: Catalog;
  connections: Connections;
  fleet: Fleet;
  bodies: BodyBudget;
  retries: RetryBudget;
  images: Images;
}

import type { Catalog } from '#shared/catalog/catalog.ts';
import type { Database } from '#shared/db/database.ts';
import type { Ledger } from '#shared/ledger/ledger.ts';
import type { RouterConfig } from './config.ts';
import type { Connections } from './upstream/connections.ts';

/** What all calls of this process share. */
export interface Gateway {
  config: RouterConfig;
  database: Database;
  ledger: Ledger;
  catalog: Catalog;
  connections: Connections;
}

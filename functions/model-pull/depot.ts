import type { Database } from '#shared/db/database.ts';
import type { Log } from '#shared/log.ts';
import type { ModelPullConfig } from './config.ts';
import type { Runs } from './run/runs.ts';
import type { Sources } from './sources/sources.ts';
import type { Store } from './store/store.ts';

/** What the work at a job has to hand. */
export interface Workplace {
  config: ModelPullConfig;
  database: Database;
  store: Store;
  sources: Sources;
  log: Log;
}

/** What all requests of this process share. */
export interface Depot extends Workplace {
  runs: Runs;
}

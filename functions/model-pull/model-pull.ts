import { Database } from '#shared/db/database.ts';
import { schemaProblem } from '#shared/db/schema-version.ts';
import { GatewayError } from '#shared/errors.ts';
import type { Health, HttpFunction } from '#shared/http/door.ts';
import { errorFields, type Log } from '#shared/log.ts';
import { createApp } from './app.ts';
import type { ModelPullConfig } from './config.ts';
import type { Workplace } from './depot.ts';
import { startRun } from './run/run-job.ts';
import { Runs } from './run/runs.ts';
import { bucketSettings } from './sources/oss/bucket-settings.ts';
import { SigningKey } from './sources/registry/signing-key.ts';
import { Sources } from './sources/sources.ts';
import { Store } from './store/store.ts';

/** Builds model-pull: what its requests share, its app, and what it does when FC starts and stops it. */
export function createModelPull(config: ModelPullConfig, log: Log): HttpFunction {
  const place: Workplace = {
    config,
    log,
    database: databaseOf(config),
    store: new Store(config.OLLAMA_MODELS),
    sources: sourcesOf(config),
  };
  const runs = new Runs(startRun(place));
  const app = createApp({ ...place, runs });
  return {
    fetch: (request, exchange) => app.fetch(request, exchange),
    health: () => healthOf(place),
    initialize: () => place.store.prepare(),
    // Who waits for what is given back is told so, and with that the calls in flight are over.
    leave: () => runs.giveBack(),
    preStop: async () => {
      await runs.giveBack();
      await place.database.close();
    },
  };
}

const databaseOf = (config: ModelPullConfig) =>
  new Database({
    url: config.DATABASE_URL,
    maxConnections: config.DATABASE_MAX_CONNECTIONS,
    connectTimeoutMs: config.DATABASE_CONNECT_TIMEOUT_MS,
    queryTimeoutMs: config.DATABASE_QUERY_TIMEOUT_MS,
    staleAfterMs: config.DATABASE_STALE_AFTER_MS,
  });

const sourcesOf = (config: ModelPullConfig) =>
  new Sources({
    registries: config.PULL_REGISTRIES,
    buckets: bucketSettings(config),
    ollamaVersion: config.OLLAMA_VERSION,
    key: new SigningKey(config.REGISTRY_KEY),
    stallMs: config.PULL_STALL_MS,
  });

/** Fit when both the store and the database can be used. */
async function healthOf({ store, database, log }: Workplace): Promise<Health> {
  try {
    await store.prepare();
  } catch (error) {
    log.error('store', errorFields(error));
    return { status: 'unavailable', reason: 'The store of models cannot be written.' };
  }
  try {
    const reason = await schemaProblem(database);
    return reason === undefined ? { status: 'ok' } : { status: 'unavailable', reason };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { status: 'unavailable', reason: error.message };
  }
}

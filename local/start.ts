import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Database, type Drizzle } from '#shared/db/database.ts';
import { migrate } from '#shared/db/migrate.ts';
import { assertNode22 } from './assert-node.ts';
import { buildFunctions } from './build.ts';
import { announcement, type Circumstances, type Started } from './start/announce.ts';
import { readArguments, type StartArguments, USAGE } from './start/arguments.ts';
import { askProxy } from './start/ask-proxy.ts';
import { databaseInUse } from './start/database-in-use.ts';
import { endRequested } from './start/end-requested.ts';
import { fillCatalog, offerProxy } from './start/fill-catalog.ts';
import { findOllamas } from './start/find-ollamas.ts';
import { ensureFirstKey } from './start/first-key.ts';
import { localSecrets } from './start/local-secrets.ts';
import { reasonOf } from './start/reason-of.ts';
import { Running } from './start/running.ts';
import { forgetAddresses, noteAddresses } from './start/running-addresses.ts';
import { startFunctions } from './start/start-functions.ts';
import { firstToTry, modelsForKey, modelsInCatalog } from './start/what-is-offered.ts';

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

/** The whole bundle on one machine, until it is told to end, also while it is starting; gives what went wrong. */
async function start(options: StartArguments): Promise<unknown[]> {
  const running = new Running();
  const ended = endRequested().then(() => process.stderr.write('\nEnding …\n'));
  const started = startAll(options, running);
  const failures: unknown[] = [];
  try {
    await Promise.race([ended, running.broken, started.then(() => ended)]);
  } catch (error) {
    // Ctrl-C ends the processes that a start has at work, too, and we may hear of that before our own signal.
    const isAsked = await Promise.race([ended.then(() => true), delay(SIGNAL_DELAY_MS, false)]);
    if (!isAsked) failures.push(error);
  }
  return failures.concat(await running.end());
}

const SIGNAL_DELAY_MS = 100;

async function startAll(options: StartArguments, running: Running): Promise<void> {
  const dataDirectory = resolve(options.dataDirectory);
  const secrets = await localSecrets(dataDirectory);
  const { DATABASE_URL: given, OLLAMA_URLS, OLLAMA_COMMAND, OLLAMA_MODELS } = process.env;
  const models = resolve(OLLAMA_MODELS || join(dataDirectory, 'models'));
  const [database, ollamas] = await Promise.all([
    databaseInUse(running, { given, dataDirectory, firstKey: secrets.key, join: options.join }),
    findOllamas(OLLAMA_URLS),
    running.start(buildFunctions),
  ]);
  await migrate(database.url, MIGRATIONS);
  await withDatabase(database.url, async (db) => {
    await ensureFirstKey(db, secrets.key, secrets.keyPepper);
    await fillCatalog(db, ollamas, { isOwn: !given, hasProxy: !!OLLAMA_COMMAND });
  });
  const places = { databaseUrl: database.url, dataDirectory, models };
  const bundle = await running.start(
    () => startFunctions(places, secrets, options),
    (each) => each.stop(),
  );
  const functions = [...bundle.functions.values()];
  await running.start(
    () => noteAddresses(dataDirectory, Object.fromEntries(functions.map(({ name, url }) => [name, url]))),
    () => forgetAddresses(dataDirectory),
  );
  const proxy = await askProxy(bundle, secrets.internalSecret);
  if (proxy) await withDatabase(database.url, (db) => offerProxy(db, proxy));
  const { url, port } = bundle.functions.get('router')!;
  const forKey = await modelsForKey(url, secrets.key);
  const offered = forKey ?? (await withDatabase(database.url, modelsInCatalog));
  running.assertGoingOn();
  const circumstances = {
    takenPort: port === options.port ? undefined : options.port,
    ollamas: proxy ? [...ollamas, proxy] : ollamas,
    store: models,
    dataDirectory,
    databasePlace: database.place,
    modelToTry: firstToTry(offered),
  };
  const names = offered.map((model) => model.name);
  const started = { url, key: secrets.key, keyWorks: !!forKey, models: names, databaseUrl: database.url };
  tell(started, options, circumstances);
}

function tell(started: Started, { json }: StartArguments, circumstances: Circumstances): void {
  const { keyWorks: _known, ...line } = started;
  process.stdout.write(json ? `${JSON.stringify(line)}\n` : announcement(started, circumstances));
}

async function withDatabase<T>(url: string, work: (db: Drizzle) => Promise<T>): Promise<T> {
  const connectTimeoutMs = 10_000;
  const database = new Database({
    url,
    maxConnections: 1,
    connectTimeoutMs,
    queryTimeoutMs: 30_000,
    staleAfterMs: 60_000,
  });
  try {
    return await database.write(work);
  } finally {
    await database.close();
  }
}

async function main(): Promise<unknown[]> {
  assertNode22();
  const options = readArguments(process.argv.slice(2));
  if (options !== 'help') return start(options);
  process.stdout.write(USAGE);
  return [];
}

const failures = await main().catch((error: unknown) => [error]);
for (const failure of failures) process.stderr.write(`Sublet has failed: ${reasonOf(failure)}\n`);
// Not left to an empty event loop: what was being started may wait for an answer that never comes.
process.exit(failures.length > 0 ? 1 : 0);

import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { migrate } from '#shared/db/migrate.ts';
import { buildFunctions } from '../build.ts';
import type { LocalFc } from '../fc/local-fc.ts';
import { announcement } from './announce.ts';
import type { StartArguments } from './arguments.ts';
import { askProxy } from './ask-proxy.ts';
import { type DatabaseInUse, databaseInUse } from './database-in-use.ts';
import { fillCatalog, offerProxy } from './fill-catalog.ts';
import { type FoundOllama, findOllamas } from './find-ollamas.ts';
import { ensureFirstKey } from './first-key.ts';
import { type LocalSecrets, localSecrets } from './local-secrets.ts';
import { metricsToken } from './metrics-token.ts';
import type { Running } from './running.ts';
import { forgetAddresses, noteAddresses } from './running-addresses.ts';
import { startFunctions } from './start-functions.ts';
import { firstToTry, modelsForKey, modelsInCatalog, type OfferedModel } from './what-is-offered.ts';
import { withDatabase } from './with-database.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

/** Starts the database, the functions and what they need, and tells how to begin. What was started is left to `running` to end. */
export async function startAll(options: StartArguments, running: Running): Promise<void> {
  const home = await homeOf(options);
  const [database, ollamas] = await Promise.all([
    databaseFor(home, options, running),
    findOllamas(process.env.OLLAMA_URLS),
    running.start(buildFunctions),
  ]);
  await fillDatabase(database, home, ollamas);
  const bundle = await startBundle(database, home, options, running);
  const proxy = await offerOwnProxy(database, home, bundle);
  const offer = await offerOf(database, home, bundle);
  running.assertGoingOn();
  tell({ options, home, database, bundle, offer, ollamas: proxy ? [...ollamas, proxy] : ollamas });
}

/** What one start after the other finds again. */
interface Home {
  dataDirectory: string;
  /** The store of models. */
  models: string;
  secrets: LocalSecrets;
}

async function homeOf(options: StartArguments): Promise<Home> {
  const dataDirectory = resolve(options.dataDirectory);
  const models = resolve(process.env.OLLAMA_MODELS || join(dataDirectory, 'models'));
  return { dataDirectory, models, secrets: await localSecrets(dataDirectory) };
}

const databaseFor = ({ dataDirectory, secrets }: Home, { join }: StartArguments, running: Running) =>
  databaseInUse(running, { given: process.env.DATABASE_URL, dataDirectory, firstKey: secrets.key, join });

async function fillDatabase({ url }: DatabaseInUse, { secrets }: Home, ollamas: FoundOllama[]) {
  const { DATABASE_URL, OLLAMA_COMMAND } = process.env;
  await migrate(url, MIGRATIONS);
  await withDatabase(url, async (db) => {
    await ensureFirstKey(db, secrets.key, secrets.keyPepper);
    await fillCatalog(db, ollamas, { isOwn: !DATABASE_URL, hasProxy: !!OLLAMA_COMMAND });
  });
}

/** All functions, with their addresses noted where other commands look for them. */
async function startBundle(
  database: DatabaseInUse,
  { dataDirectory, models, secrets }: Home,
  options: StartArguments,
  running: Running,
): Promise<LocalFc> {
  const bundle = await running.start(
    () => startFunctions({ databaseUrl: database.url, dataDirectory, models }, secrets, options),
    (started) => started.stop(),
  );
  const addresses = [...bundle.functions.values()].map(({ name, url }) => [name, url]);
  await running.start(
    () => noteAddresses(dataDirectory, Object.fromEntries(addresses)),
    () => forgetAddresses(dataDirectory),
  );
  return bundle;
}

/** What an Ollama behind our own proxy has can be asked only now; undefined where there is none. */
async function offerOwnProxy({ url }: DatabaseInUse, { secrets }: Home, bundle: LocalFc) {
  const proxy = await askProxy(bundle, secrets.internalSecret);
  if (proxy) await withDatabase(url, (db) => offerProxy(db, proxy));
  return proxy;
}

interface Offer {
  keyWorks: boolean;
  models: OfferedModel[];
}

async function offerOf({ url }: DatabaseInUse, { secrets }: Home, { functions }: LocalFc): Promise<Offer> {
  const forKey = await modelsForKey(functions.get('router')!.url, secrets.key);
  return { keyWorks: !!forKey, models: forKey ?? (await withDatabase(url, modelsInCatalog)) };
}

interface Up {
  options: StartArguments;
  home: Home;
  database: DatabaseInUse;
  bundle: LocalFc;
  offer: Offer;
  ollamas: FoundOllama[];
}

function tell({ options, home, database, bundle, offer, ollamas }: Up): void {
  const { url, port } = bundle.functions.get('router')!;
  const line = {
    url,
    key: home.secrets.key,
    models: offer.models.map((model) => model.name),
    databaseUrl: database.url,
    metricsUrl: `${bundle.functions.get('console')!.url}/metrics`,
    metricsToken: metricsToken(home.secrets.internalSecret),
  };
  const circumstances = {
    takenPort: port === options.port ? undefined : options.port,
    ollamas,
    store: home.models,
    dataDirectory: home.dataDirectory,
    databasePlace: database.place,
    modelToTry: firstToTry(offer.models),
  };
  const words = () => announcement({ ...line, keyWorks: offer.keyWorks }, circumstances);
  process.stdout.write(options.json ? `${JSON.stringify(line)}\n` : words());
}

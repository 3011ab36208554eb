import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Database, type Drizzle } from '#shared/db/database.ts';
import { migrate } from '#shared/db/migrate.ts';
import { assertNode22 } from './assert-node.ts';
import { buildFunctions } from './build.ts';
import { startBundle } from './bundle.ts';
import { createDatabase } from './postgres/databases.ts';
import { startPostgres } from './postgres/start-postgres.ts';
import { announcement, type Started } from './start/announce.ts';
import { readArguments, type StartArguments, USAGE } from './start/arguments.ts';
import { choosePort } from './start/choose-port.ts';
import { fillCatalog } from './start/fill-catalog.ts';
import { findOllamas } from './start/find-ollamas.ts';
import { ensureFirstKey } from './start/first-key.ts';
import { functionLogLine } from './start/function-log-line.ts';
import { localSecrets } from './start/local-secrets.ts';

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

/** What is running, last started first: the order in which it ends. */
type Endings = (() => Promise<void>)[];

/** The whole bundle on one machine, until it is told to end. */
async function start(options: StartArguments): Promise<void> {
  const ending = endRequested();
  const endings: Endings = [];
  try {
    await startAll(options, endings);
    await ending;
    process.stderr.write('\nEnding …\n');
  } finally {
    for (const end of endings) await end();
  }
}

async function startAll(options: StartArguments, endings: Endings): Promise<void> {
  const dataDirectory = resolve(options.dataDirectory);
  const secrets = await localSecrets(dataDirectory);
  const [databaseUrl, ollamas] = await Promise.all([
    database(dataDirectory, endings),
    findOllamas(process.env.OLLAMA_URLS),
    buildFunctions(),
  ]);
  await migrate(databaseUrl, MIGRATIONS);
  await withDatabase(databaseUrl, async (db) => {
    await ensureFirstKey(db, secrets.key, secrets.keyPepper);
    await fillCatalog(db, ollamas);
  });
  const port = await choosePort(options.port);
  const bundle = await startBundle({
    databaseUrl,
    secrets,
    routerPort: port,
    freeze: options.strict,
    cors: options.strict,
    onLog: (line) => process.stderr.write(functionLogLine(line)),
  });
  endings.unshift(() => bundle.stop());
  const { url } = bundle.functions.get('router')!;
  const started = { url, key: secrets.key, models: await modelsOf(url, secrets.key), databaseUrl };
  const takenPort = port === options.port ? undefined : options.port;
  tell(started, options, { takenPort, ollamas, dataDirectory });
}

function tell(
  started: Started,
  { json }: StartArguments,
  circumstances: Parameters<typeof announcement>[1],
): void {
  process.stdout.write(json ? `${JSON.stringify(started)}\n` : announcement(started, circumstances));
}

/** The server that `DATABASE_URL` names, or one of our own. */
async function database(dataDirectory: string, endings: Endings): Promise<string> {
  const given = process.env.DATABASE_URL;
  if (given) return given;
  const server = await startPostgres({ directory: resolve(dataDirectory, 'postgres'), durable: true });
  endings.push(() => server.stop());
  await createDatabase(server.url(), 'sublet');
  return server.url('sublet');
}

async function withDatabase(url: string, work: (db: Drizzle) => Promise<void>): Promise<void> {
  const connectTimeoutMs = 10_000;
  const database = new Database({
    url,
    maxConnections: 1,
    connectTimeoutMs,
    queryTimeoutMs: 30_000,
    staleAfterMs: 60_000,
  });
  try {
    await database.write(work);
  } finally {
    await database.close();
  }
}

/** Asks the gateway itself, so that what is announced has been seen to work. */
async function modelsOf(url: string, key: string): Promise<string[]> {
  const response = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
  if (!response.ok)
    throw new Error(`The gateway does not answer as it should: ${response.status} ${await response.text()}`);
  const { data } = (await response.json()) as { data: { id: string }[] };
  return data.map((model) => model.id);
}

/** Resolves at the first SIGINT or SIGTERM. npm passes Ctrl-C on, so it comes twice: the second changes nothing. */
function endRequested(): Promise<void> {
  return new Promise((resolve) => {
    process.on('SIGINT', () => resolve()).on('SIGTERM', () => resolve());
  });
}

async function main(): Promise<void> {
  assertNode22();
  const options = readArguments(process.argv.slice(2));
  if (options === 'help') process.stdout.write(USAGE);
  else await start(options);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`Sublet could not start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

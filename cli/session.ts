import { join } from 'node:path';
import process from 'node:process';
import * as z from 'zod';
import { readConfig } from '#shared/config.ts';
import { Database } from '#shared/db/database.ts';
import { schemaProblem } from '#shared/db/schema-version.ts';
import { runningServerUrl } from '../local/postgres/running-server.ts';
import { placeOf } from '../local/start/given-database.ts';
import { keptSecrets } from '../local/start/local-secrets.ts';
import { SetupError } from './failure.ts';

const Environment = z.object({ DATABASE_URL: z.string().optional(), KEY_PEPPER: z.string().optional() });

/** What a command works on. */
export interface Session {
  database: Database;
  /** What tokens of keys are hashed with. @throws SetupError when it is not known */
  pepper(): string;
}

/** The database that `DATABASE_URL` names, else that of the `npm start` which is running on the data directory. */
export async function openSession(dataDirectory: string): Promise<Session> {
  const { DATABASE_URL: given, KEY_PEPPER: pepper } = readConfig(Environment, process.env);
  if (given === undefined) return openLocal(dataDirectory);
  assertPostgres(given);
  return { database: await openDatabase(given), pepper: () => assertPepper(pepper) };
}

async function openLocal(dataDirectory: string): Promise<Session> {
  const directory = join(dataDirectory, 'postgres');
  const url = await runningServerUrl(directory, 'sublet');
  if (url === undefined) {
    const isLocal = 'name a database in DATABASE_URL, or start one with npm start';
    throw new SetupError(
      'no_database',
      `There is no database: ${isLocal} (none is running on ${dataDirectory}).`,
    );
  }
  process.stderr.write(`Using the database of npm start, in ${directory}.\n`);
  const secrets = await keptSecrets(dataDirectory);
  return { database: await openDatabase(url), pepper: () => assertPepper(secrets?.keyPepper) };
}

async function openDatabase(url: string): Promise<Database> {
  const database = new Database({
    url,
    maxConnections: 1,
    connectTimeoutMs: 10_000,
    queryTimeoutMs: 60_000,
    staleAfterMs: 60_000,
  });
  try {
    const problem = await schemaProblem(database);
    if (problem !== undefined) throw new SetupError('old_schema', problem);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

function assertPostgres(url: string): void {
  try {
    placeOf(url);
  } catch (error) {
    throw new SetupError('no_database', (error as Error).message);
  }
}

function assertPepper(pepper: string | undefined): string {
  if (pepper !== undefined && pepper.length >= 32) return pepper;
  throw new SetupError(
    'no_pepper',
    'KEY_PEPPER must be the one that the routers of this database have (at least 32 characters): with another, they would not know the key.',
  );
}

import { resolve } from 'node:path';
import { createDatabase } from '../postgres/databases.ts';
import { logPath } from '../postgres/server-log.ts';
import { type EmbeddedPostgres, startPostgres } from '../postgres/start-postgres.ts';
import { assertOurs, placeOf } from './given-database.ts';
import type { Running } from './running.ts';

export interface DatabaseInUse {
  url: string;
  /** Where it is, as anybody may read it. */
  place: string;
}

interface Choice {
  /** `DATABASE_URL`. */
  given: string | undefined;
  dataDirectory: string;
  firstKey: string;
  /** Joins the consumers of somebody else, too. */
  join: boolean;
}

/** The database that `DATABASE_URL` names, or one of our own. */
export async function databaseInUse(running: Running, choice: Choice): Promise<DatabaseInUse> {
  const { given } = choice;
  if (!given) return ownDatabase(running, resolve(choice.dataDirectory, 'postgres'));
  const place = placeOf(given);
  if (!choice.join) await assertOurs(given, choice);
  return { url: given, place };
}

async function ownDatabase(running: Running, directory: string): Promise<DatabaseInUse> {
  const server = await running.start(
    () => startPostgres({ directory, durable: true }),
    (started) => started.stop(),
  );
  watch(server, directory, running);
  await createDatabase(server.url(), 'sublet');
  return { url: server.url('sublet'), place: `kept in ${directory}` };
}

function watch({ exited, pid }: EmbeddedPostgres, directory: string, running: Running): void {
  const tell = () =>
    running.break(new Error(`PostgreSQL (pid ${pid}) has ended by itself; see ${logPath(directory)}`));
  exited.then(tell, tell);
}

import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { knownData } from './home.ts';
import { livingPostmaster } from './postmaster-pid.ts';
import { serverUrl } from './server-identity.ts';

/** The URL of a database of the server that somebody has running in `directory`; undefined when none runs. Starts nothing, makes nothing. */
export async function runningServerUrl(directory: string, database: string): Promise<string | undefined> {
  const home = await realpath(directory).catch(() => undefined);
  if (home === undefined) return undefined;
  const server = await livingPostmaster(await knownData(home));
  if (!server?.isReady) return undefined;
  const password = await readFile(join(home, 'password'), 'utf8');
  return serverUrl(server.port, password.trim(), database);
}

import { migrate } from '#shared/db/migrate.ts';
import { connectionsAt, type ServerConnections } from '../connections/server.ts';
import { newestIn, verdictIn } from '../migration/verdict.ts';
import type { Tool } from '../tool/serverless-devs.ts';

/** The function that migrates; it is no part of a profile. */
export const MIGRATION_FILE = 's-migration.yaml';

/** What is known of a database that has been migrated. */
interface Migrated {
  /** The name of its newest migration. */
  newest: string;
  connections: ServerConnections;
}

/**
 * Migrates by a function of its own inside the VPC, where the database is.
 *
 * @param folder the migrations, of which the function must know the newest: it may be an older one that answers
 */
export async function migrateInside(tool: Tool, folder: string): Promise<Migrated> {
  await tool.act('deploy', '-y', '--skip-actions', '-t', MIGRATION_FILE); // it is built already
  const verdict = verdictIn(await tool.act('migration', 'invoke', '-t', MIGRATION_FILE, '--event', '{}'));
  if (!verdict) throw new Error('The function `migration` gave no answer of this version; its log says why.');
  if (!verdict.migrated) throw new Error(verdict.reason);
  const newest = await newestIn(folder);
  if (verdict.newest === newest) return verdict;
  throw new Error(
    `The function \`migration\` knows ${verdict.newest} as the newest migration, and that is ${newest}.`,
  );
}

/** Migrates from here, where the database can be reached from here. */
export async function migrateHere(databaseUrl: string, folder: string): Promise<Migrated> {
  await migrate(databaseUrl, folder);
  return { newest: await newestIn(folder), connections: await connectionsAt(databaseUrl) };
}

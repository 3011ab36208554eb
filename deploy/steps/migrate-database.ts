import { migrate } from '#shared/db/migrate.ts';
import { newestIn, verdictIn } from '../migration/verdict.ts';
import type { Tool } from '../tool/serverless-devs.ts';

const SPEC_FILE = 's-migration.yaml';

/**
 * Migrates by a function of its own inside the VPC, where the database is.
 *
 * @param folder the migrations, of which the function must know the newest: it may be an older one that answers
 */
export async function migrateInside(tool: Tool, folder: string): Promise<string> {
  await tool.act('deploy', '-y', '-t', SPEC_FILE);
  const verdict = verdictIn(await tool.act('migration', 'invoke', '-t', SPEC_FILE, '--event', '{}'));
  if (!verdict) throw new Error('The function `migration` gave no answer; its log says why.');
  if (!verdict.migrated) throw new Error(verdict.reason);
  const newest = await newestIn(folder);
  if (verdict.newest === newest) return newestIs(newest);
  throw new Error(
    `The function \`migration\` knows ${verdict.newest} as the newest migration, and that is ${newest}.`,
  );
}

/** Migrates from here, where the database can be reached from here. */
export async function migrateHere(databaseUrl: string, folder: string): Promise<string> {
  await migrate(databaseUrl, folder);
  return newestIs(await newestIn(folder));
}

const newestIs = (newest: string) => `The database has the newest schema, ${newest}.`;

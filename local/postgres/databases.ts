import postgres from 'postgres';
import { withConnection } from './connection.ts';

/** Duplicate database; and what the loser of two at once is told: a unique index was in the way. */
const EXISTS_ALREADY = new Set(['42P04', '23505']);

/**
 * Makes database `name` unless it exists; true when this call made it. `adminUrl` is any other
 * database of the server. Nobody may be connected to `template` meanwhile, PostgreSQL insists.
 */
export async function createDatabase(
  adminUrl: string,
  name: string,
  options: { template?: string } = {},
): Promise<boolean> {
  // File by file: through the log, which is the default, it takes half as long again.
  const template = options.template ? ` template ${quoted(options.template)} strategy file_copy` : '';
  try {
    await withConnection(adminUrl, (sql) => sql.unsafe(`create database ${quoted(name)}${template}`));
    return true;
  } catch (error) {
    if (error instanceof postgres.PostgresError && EXISTS_ALREADY.has(error.code)) return false;
    throw error;
  }
}

/** Removes database `name` if it exists, and whoever is still connected to it with it. */
export async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  await withConnection(adminUrl, (sql) => sql.unsafe(`drop database if exists ${quoted(name)} with (force)`));
}

// The driver's own quoting takes a dot for a schema.
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

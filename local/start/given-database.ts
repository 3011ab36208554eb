import { publicIdOf } from '#shared/keys/key-token.ts';
import { withConnection } from '../postgres/connection.ts';
import { reasonOf } from './reason-of.ts';

/**
 * Where a database is, without who is let in.
 *
 * @throws Error when it is no URL of a PostgreSQL; it does not repeat what may hold a password.
 */
export function placeOf(databaseUrl: string): string {
  const url = URL.parse(databaseUrl);
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw new Error('DATABASE_URL is no postgres:// URL.');
  }
  const name = decodeURIComponent(url.pathname.slice(1));
  return `${url.hostname}:${url.port || 5432}, ${name === '' ? 'its default database' : `database ${name}`}`;
}

/**
 * Refuses a database in which others have consumers and this data directory's first key is unknown: a shell
 * may hold the `DATABASE_URL` of any installation. A guard against a slip, so looking before writing is enough.
 */
export async function assertOurs(
  databaseUrl: string,
  { firstKey, dataDirectory }: { firstKey: string; dataDirectory: string },
): Promise<void> {
  const place = placeOf(databaseUrl);
  const isForeign = await holdsOthersOnly(databaseUrl, firstKey).catch((cause: unknown) => {
    throw new Error(`the database at ${place} cannot be used: ${reasonOf(cause)}`, { cause });
  });
  if (!isForeign) return;
  throw new Error(
    `the database that DATABASE_URL names (${place}) holds consumers already, and the first key of ` +
      `${dataDirectory} is not among its keys. Nothing was changed. To add a consumer and a key to it all the ` +
      'same, start with --join; without DATABASE_URL there is a database of its own.',
  );
}

function holdsOthersOnly(databaseUrl: string, firstKey: string): Promise<boolean> {
  return withConnection(databaseUrl, async (sql) => {
    // Before it is migrated, and a database of an older version knows no former tokens.
    const [tables] = await sql<{ consumers: boolean; keys: boolean; tokens: string }[]>`
      select to_regclass('consumers') is not null as consumers, to_regclass('keys') is not null as keys,
             coalesce(to_regclass('key_tokens'), to_regclass('keys'))::text as tokens`;
    if (!tables!.consumers) return false;
    const [{ held } = { held: false }] = await sql<{ held: boolean }[]>`
      select exists (select from consumers) as held`;
    if (!held || !tables!.keys) return held;
    const known = await sql`select from ${sql(tables!.tokens)} where public_id = ${publicIdOf(firstKey)!}`;
    return known.length === 0;
  });
}

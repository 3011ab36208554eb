import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { Database, type DatabaseOptions } from '#shared/db/database.ts';
import { createDatabase, dropDatabase } from '../../local/postgres/databases.ts';
import { TEMPLATE } from '../global-setup.ts';
import { atEnd } from './at-end.ts';

/** A database of this test file's own: migrated and empty, or empty of everything. Gone when the file is done. */
export async function aDatabaseUrl({ migrated = true } = {}): Promise<string> {
  const adminUrl = inject('adminUrl');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await createDatabase(adminUrl, name, migrated ? { template: TEMPLATE } : {});
  atEnd(() => dropDatabase(adminUrl, name));
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** A connection to it, closed when the file is done. */
export function connectedTo(url: string, options: Partial<Omit<DatabaseOptions, 'url'>> = {}): Database {
  const database = new Database({
    url,
    maxConnections: 4,
    connectTimeoutMs: 5_000,
    queryTimeoutMs: 5_000,
    staleAfterMs: 60_000,
    ...options,
  });
  atEnd(() => database.close());
  return database;
}

import { Database, type Drizzle } from '#shared/db/database.ts';

/** Does this over a connection of its own, which is closed afterwards. */
export async function withDatabase<T>(url: string, work: (db: Drizzle) => Promise<T>): Promise<T> {
  const database = new Database({
    url,
    maxConnections: 1,
    connectTimeoutMs: 10_000,
    queryTimeoutMs: 30_000,
    staleAfterMs: 60_000,
  });
  try {
    return await database.write(work);
  } finally {
    await database.close();
  }
}

import postgres from 'postgres';
import * as z from 'zod';

/** How many connections a database server takes, and how many of these it keeps for its administrators. */
export const ServerConnections = z.object({ most: z.int().positive(), reserved: z.int().nonnegative() });
export type ServerConnections = z.infer<typeof ServerConnections>;

/** Asks the server itself. `reserved_connections` came with PostgreSQL 16. */
export async function connectionsAt(databaseUrl: string): Promise<ServerConnections> {
  const connection = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const [row] = await connection`
      select current_setting('max_connections')::int as most,
             current_setting('superuser_reserved_connections')::int
               + coalesce(current_setting('reserved_connections', true)::int, 0) as reserved
    `;
    return ServerConnections.parse(row);
  } finally {
    await connection.end({ timeout: 5 });
  }
}

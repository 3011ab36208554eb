import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { migrate } from '#shared/db/migrate.ts';
import { createDatabase } from '../../local/postgres/databases.ts';
import { removePostgres } from '../../local/postgres/home.ts';
import { startPostgres } from '../../local/postgres/start-postgres.ts';

export const CONSUMERS = 1_000;

/** A durable PostgreSQL with a landlord and his tenants: a call's path has five limits, three of them everybody's. */
export interface World {
  url: string;
  sql: postgres.Sql;
  stop(): Promise<void>;
}

/** @param flushMs how much longer each flush to disk takes; on a cloud's disk about 3 ms. */
export async function aWorld(flushMs = 0): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'sublet-bench-'));
  await chmod(directory, 0o755); // PostgreSQL runs as another user where we are root
  const settings = {
    max_connections: '300',
    // Waits before it flushes, always: as if the disk were so much slower.
    commit_delay: String(flushMs * 1_000),
    commit_siblings: '0',
  };
  const server = await startPostgres({ directory, durable: true, settings });
  await createDatabase(server.url(), 'bench');
  const url = server.url('bench');
  await migrate(url, fileURLToPath(new URL('../../migrations', import.meta.url)));
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await fill(sql);
  const stop = async () => {
    await sql.end();
    await server.stop();
    await removePostgres(directory);
  };
  return { url, sql, stop };
}

/** Consumer 1 is the root; consumer and key `2 + i` are the i-th tenant and its key. */
async function fill(sql: postgres.Sql): Promise<void> {
  await sql`insert into models (name, context_tokens) values ('m', 8192)`;
  await sql`insert into prices (model, version, input, output) values ('m', 1, 1000000, 2000000)`;
  await sql`insert into consumers (name, root_id, path, depth) values ('landlord', 0, '{}', 0)`;
  await sql`insert into consumers (name, parent_id, root_id, path, depth)
            select 'tenant ' || i, 1, 0, '{}', 0 from generate_series(1, ${CONSUMERS}::int) i`;
  await sql`insert into keys (public_id, hmac, consumer_id, name, prefix)
            select 'key' || id, sha256(id::text::bytea), id, 'key', 'sk' from consumers order by id`;
  await sql`insert into limits (consumer_id, metric, win, amount)
            values (1, 'tokens', 'month', 1e15), (1, 'cost', 'day', 1e15), (1, 'parallel', 'open', 1e6)`;
  await sql`insert into limits (consumer_id, metric, win, amount)
            select id, kind.metric, kind.win, kind.amount from consumers,
                   (values ('tokens', 'month', 1000000000000), ('requests', 'minute', 100000000)) kind (metric, win, amount)
             where id > 1`;
  await sql`analyze`;
}

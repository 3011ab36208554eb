import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { migrate } from '#shared/db/migrate.ts';
import { keyHmac } from '#shared/keys/key-hmac.ts';
import { newKeyToken } from '#shared/keys/key-token.ts';
import { freePort } from '../../local/fc/free-port.ts';
import { removePostgres } from '../../local/postgres/home.ts';
import { startPostgres } from '../../local/postgres/start-postgres.ts';
import { familyCpuMs, startServer } from './processes.ts';
import type { ModelName } from './script.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What stands around a router: an upstream, and a durable PostgreSQL with a catalog and a tenant whose calls six limits bound. */
export interface RouterWorld {
  upstreamUrl: string;
  sql: postgres.Sql;
  /** The router's, beside its port. */
  environment: Record<string, string>;
  /** A key of the tenant. */
  key: string;
  databaseCpuMs(): number;
  stop(): Promise<void>;
}

export async function aRouterWorld(): Promise<RouterWorld> {
  const port = await freePort();
  const upstreamUrl = `http://127.0.0.1:${port}`;
  const upstream = await startServer([here('upstream.ts')], port, { PORT: String(port) });
  const directory = await mkdtemp(join(tmpdir(), 'sublet-bench-'));
  const server = await startPostgres({ directory, durable: true });
  await migrate(server.url(), here('../../migrations'));
  const sql = postgres(server.url(), { max: 1, onnotice: () => {} });
  const pepper = randomBytes(32).toString('hex');
  const key = await fill(sql, upstreamUrl, pepper);
  const stop = async () => {
    await sql.end();
    await server.stop();
    await removePostgres(directory);
    await upstream.stop();
  };
  const environment = { DATABASE_URL: server.url(), KEY_PEPPER: pepper };
  return { upstreamUrl, sql, environment, key, databaseCpuMs: () => familyCpuMs(server.pid), stop };
}

/** Consumer 1 is a landlord, consumer 2 a tenant of its, and key 1 the tenant's: each has limits of its own. */
async function fill(sql: postgres.Sql, upstreamUrl: string, pepper: string): Promise<string> {
  const routes: [ModelName, backend: string, address: string][] = [
    ['passed', 'openai', `${upstreamUrl}/v1`],
    ['translated', 'ollama', upstreamUrl],
    ['slow', 'openai', `${upstreamUrl}/v1`],
  ];
  for (const [model, backend, address] of routes) {
    await sql`insert into upstreams (name, backend, address) values (${model}, ${backend}, ${address})`;
    await sql`insert into models (name, context_tokens, max_output_tokens) values (${model}, 1000000, 4096)`;
    await sql`insert into routes (model, upstream_id, upstream_model)
              select ${model}, id, ${model} from upstreams where name = ${model}`;
    await sql`insert into prices (model, version, input, output) values (${model}, 1, 1000000, 2000000)`;
  }
  await sql`insert into consumers (name, root_id, path, depth) values ('landlord', 0, '{}', 0)`;
  await sql`insert into consumers (name, parent_id, root_id, path, depth) values ('tenant', 1, 0, '{}', 0)`;
  const { token, publicId, prefix } = newKeyToken();
  await sql`insert into keys (public_id, hmac, consumer_id, name, prefix)
            values (${publicId}, ${keyHmac(token, pepper)}, 2, 'bench', ${prefix})`;
  await sql`insert into limits (consumer_id, metric, win, amount)
            values (1, 'tokens', 'month', 1e15), (1, 'cost', 'day', 1e15), (1, 'parallel', 'open', 1e6),
                   (2, 'tokens', 'month', 1e15), (2, 'requests', 'minute', 1e9)`;
  await sql`insert into limits (key_id, metric, win, amount) values (1, 'tokens', 'day', 1e15)`;
  await sql`analyze`;
  return token;
}

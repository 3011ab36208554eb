import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Database } from '#shared/db/database.ts';
import { migrate } from '#shared/db/migrate.ts';
import { consumers, models, routes, upstreams } from '#shared/db/schema.ts';
import { createKey } from '#shared/keys/create-key.ts';
import { buildFunctions } from '../../local/build.ts';
import { freePort } from '../../local/fc/free-port.ts';
import { removePostgres } from '../../local/postgres/home.ts';
import { startPostgres } from '../../local/postgres/start-postgres.ts';
import { type Process, startPart } from './processes.ts';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export interface BenchRouter extends Process {
  url: string;
  key: string;
}

/** The router's bundle on a PostgreSQL of its own, with one model a backend: `passed` and `translated`. */
export async function startRouter(upstreamUrl: string): Promise<BenchRouter> {
  const directory = await mkdtemp(join(tmpdir(), 'sublet-bench-'));
  const [server] = await Promise.all([startPostgres({ directory, durable: true }), buildFunctions()]);
  await migrate(server.url(), root('migrations'));
  const pepper = randomBytes(32).toString('hex');
  const key = await fill(server.url(), pepper, upstreamUrl);
  const port = await freePort();
  const environment = { FC_CUSTOM_LISTEN_PORT: String(port), DATABASE_URL: server.url(), KEY_PEPPER: pepper };
  const router = await startPart(root('dist/router/server.mjs'), environment);
  const stop = async () => {
    await router.stop();
    await server.stop();
    await removePostgres(directory);
  };
  return { pid: router.pid, url: `http://127.0.0.1:${port}`, key, stop };
}

async function fill(url: string, pepper: string, upstreamUrl: string): Promise<string> {
  const options = { maxConnections: 1, connectTimeoutMs: 5_000, queryTimeoutMs: 5_000, staleAfterMs: 60_000 };
  const database = new Database({ url, ...options });
  const token = await database.write(async (db) => {
    const consumer = { name: 'bench', rootId: 0, path: [], depth: 0 };
    const [{ id }] = (await db.insert(consumers).values(consumer).returning({ id: consumers.id })) as [
      { id: number },
    ];
    for (const [model, backend, address] of [
      ['passed', 'openai', `${upstreamUrl}/v1`],
      ['translated', 'ollama', upstreamUrl],
    ] as const) {
      const [upstream] = await db.insert(upstreams).values({ name: model, backend, address }).returning();
      await db.insert(models).values({ name: model });
      await db.insert(routes).values({ model, upstreamId: upstream!.id, upstreamModel: 'bench' });
    }
    return (await createKey(db, pepper, { consumerId: id, name: 'bench' })).token;
  });
  await database.close();
  return token;
}

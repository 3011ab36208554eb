import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrate } from '#shared/db/migrate.ts';
import { Ledger } from '#shared/ledger/ledger.ts';
import { newRequestId } from '#shared/request-id.ts';
import { createDatabase } from '../../local/postgres/databases.ts';
import { removePostgres } from '../../local/postgres/home.ts';
import { type EmbeddedPostgres, startPostgres } from '../../local/postgres/start-postgres.ts';

let directory: string;
let server: EmbeddedPostgres;

/** Of its own accord this server writes nothing to disk for a long time. */
const start = () =>
  startPostgres({ directory, durable: true, settings: { wal_writer_delay: '10s', fsync: 'on' } });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sublet-chaos-'));
  await chmod(directory, 0o755); // PostgreSQL runs as another user where we are root
  server = await start();
  await createDatabase(server.url(), 'sublet');
  await migrate(server.url('sublet'), fileURLToPath(new URL('../../migrations', import.meta.url)));
});

afterAll(async () => {
  await server.stop();
  await removePostgres(directory);
});

async function aTenant(sql: postgres.Sql) {
  await sql`insert into models (name) values ('m')`;
  const [consumer] = await sql<{ id: number }[]>`
    insert into consumers (name, root_id, path, depth) values ('c', 0, '{}', 0) returning id`;
  const [key] = await sql<{ id: number }[]>`
    insert into keys (public_id, hmac, consumer_id, name, prefix)
    values ('k', sha256('k'), ${consumer!.id}, 'k', 'sk') returning id`;
  await sql`insert into limits (consumer_id, metric, win, amount) values (${consumer!.id}, 'tokens', 'month', 1000000)`;
  return { keyId: key!.id, consumerId: consumer!.id, rootId: consumer!.id };
}

it('a server that is killed the moment it has said what it did has done it when it is back', async () => {
  const sql = postgres(server.url('sublet'), { max: 1, onnotice: () => {} });
  const tenant = await aTenant(sql);
  await sql`checkpoint`;
  await sql.end();
  const url = server.url('sublet');
  const ledger = new Ledger({
    ...{ url, maxConnections: 1, connectTimeoutMs: 2_000, queryTimeoutMs: 2_000, staleAfterMs: 60_000 },
  });
  const prompt = { bytes: 40, latin: 40, cjk: 0, other: 0, messages: 1, tools: 0, images: 0 };
  const admission = () => ({
    ...{ requestId: newRequestId(), ...tenant, address: undefined, model: 'm', prompt },
    ...{ outputCap: 10, choices: 1, prompts: 1, endUser: undefined, tag: undefined },
  });
  const [open, settled] = [admission(), admission()];
  await ledger.admit(settled);
  await ledger.close({
    ...{ requestId: settled.requestId, ...tenant, model: 'm', outcome: 'settled', prompt: 5, output: 7 },
    ...{ source: 'reported', promptReported: 5, outputReported: 7, outputCounted: 7, upstream: 'u' },
    ...{ attempts: [{ upstream: 'u', because: 'turn' }], reason: 'stop', firstTokenMs: 1, totalMs: 2 },
  });
  await ledger.admit(open);
  process.kill(server.pid, 'SIGKILL');
  await server.exited;
  await ledger.disconnect();
  await server.stop();

  server = await start();
  const again = postgres(server.url('sublet'), { max: 1, onnotice: () => {} });
  const [books] = await again`
    select (select count(*)::int from holds) as open, (select sum(prompt + output)::int from receipts) as used,
           (select count(*)::int from ledger_drift) as drift`;
  await again.end();
  expect(books).toEqual({ open: 1, used: 12, drift: 0 });
});

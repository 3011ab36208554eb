import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '#shared/db/migrate.ts';
import { createDatabase } from '../../local/postgres/databases.ts';
import { removePostgres } from '../../local/postgres/home.ts';
import { type EmbeddedPostgres, startPostgres } from '../../local/postgres/start-postgres.ts';
import { Caller } from '../helpers/chaos-caller.ts';
import { times } from '../helpers/chaos-chance.ts';
import { aCutProxy } from '../helpers/chaos-cut-proxy.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aFleet, type Fleet } from '../helpers/chaos-fleet.ts';
import { producedBy } from '../helpers/chaos-stage.ts';

let directory: string;
let server: EmbeddedPostgres;
/** Keeps the address the same: the server itself may come back on another port. */
let proxy: Awaited<ReturnType<typeof aCutProxy>>;
let fleet: Fleet;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sublet-chaos-'));
  await chmod(directory, 0o755); // PostgreSQL runs as another user where we are root
  await start();
  await createDatabase(server.url(), 'sublet');
  await migrate(server.url('sublet'), fileURLToPath(new URL('../../migrations', import.meta.url)));
  proxy = await aCutProxy({ host: '127.0.0.1', port: server.port });
  const databaseUrl = new URL(server.url('sublet'));
  databaseUrl.port = String(proxy.port);
  fleet = await aFleet({ callersPerInstance: 10, databaseUrl: databaseUrl.href });
});

afterAll(async () => {
  await server.stop();
  await removePostgres(directory);
});

const start = async () => {
  server = await startPostgres({ directory, durable: true });
};

describe('a database that is stopped and started under load', () => {
  it('lets no call through while it is away, loses none that is under way, and needs no hand afterwards', async () => {
    const limits = { 'requests/total': 1_000, 'tokens/month': 1_000_000, parallel: 100 };
    const tenant = await fleet.tenant({ limits });
    const underWay = times(20, (place) => {
      const model = place % 2 === 0 ? 'ollama/scripted' : 'openai/scripted';
      return new Caller(tenant, { model, script: { call: `way ${place}`, says: 3, gate: 'back', more: 4 } });
    });
    await Promise.all(underWay.map((caller) => caller.has(3)));

    await server.stop();
    const refused = times(6, (place) => new Caller(tenant, { script: { call: `away ${place}`, says: 1 } }));
    await Promise.all(refused.map(({ ended }) => ended));
    for (const { status, headers, body } of refused) {
      expect(status).toBe(503);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      const { error } = JSON.parse(body);
      expect(error).toMatchObject({ type: 'server_error', code: 'gateway_not_ready', param: null });
    }

    await start();
    proxy.open({ host: '127.0.0.1', port: server.port });
    const served = async () => {
      const caller = new Caller(tenant, { script: { call: 'after', says: 2 } });
      await caller.ended;
      return caller.status;
    };
    await eventually(served).toBe(200);
    fleet.stage.open('back');
    await Promise.all(underWay.map(({ ended }) => ended));

    const receipts = await fleet.books.receipts();
    for (const { name, pieces, isDone } of underWay) {
      expect([pieces, isDone]).toEqual([7, true]);
      expect(receipts.get(name)).toMatchObject({ outcome: 'settled', final: true, output: 7 });
    }
    for (const { name } of refused) {
      expect(receipts.get(name)?.output ?? 0).toBe(0);
      expect(producedBy(fleet.fake).get(name)).toBe(undefined);
    }
    await fleet.books.expectSquare();
  });
});

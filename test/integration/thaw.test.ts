import postgres from 'postgres';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { aDatabaseUrl } from '../helpers/database.ts';
import { aDeafProxy } from '../helpers/deaf-proxy.ts';
import { aGateway, type TestGateway, theCustomAgent } from '../helpers/gateway.ts';
import { KEPT } from '../helpers/strict.ts';

let gateway: TestGateway;

beforeAll(async () => {
  // Not the pause but the death of the connections is what is tried here: with the default of 15 s they count as fresh.
  gateway = await aGateway(KEPT);
  await theCustomAgent(gateway.database);
});

async function chat(): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}` },
    body: JSON.stringify({ model: 'custom-agent', messages: [{ role: 'user', content: 'Hello' }] }),
  });
}

/** Ends all connections of the gateway's database but this one's, from the server's side. */
async function killConnections(): Promise<number> {
  const admin = postgres(inject('adminUrl'), { max: 1 });
  const name = new URL(gateway.databaseUrl).pathname.slice(1);
  const killed = await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
  await admin.end();
  return killed.length;
}

describe('an instance that thaws', () => {
  it('answers normally when its connections to the database were killed while it was frozen', async () => {
    expect((await chat()).status).toBe(200);
    const [instance] = gateway.fc.functions.get('router')!.instances;
    await expect.poll(() => instance!.isFrozen).toBe(true);
    expect(await killConnections()).toBeGreaterThan(0);
    const after = await chat();
    expect(after.status).toBe(200);
    expect(gateway.fc.functions.get('router')!.instances).toEqual([instance]);
  });

  it('answers normally many times over', async () => {
    for (let round = 0; round < 5; round += 1) {
      await killConnections();
      const answers = await Promise.all(Array.from({ length: 5 }, chat));
      expect(answers.map((answer) => answer.status)).toEqual(Array(5).fill(200));
    }
  });
});

describe('an instance whose connections have gone deaf during a long freeze', () => {
  it('does not wait for them: it connects anew before the first use', async () => {
    const databaseUrl = new URL(await aDatabaseUrl());
    const proxy = await aDeafProxy({ host: '127.0.0.1', port: Number(databaseUrl.port) });
    const { database, key, ...slept } = await aGateway({
      ...KEPT,
      databaseUrl: databaseUrl.href,
      // The pause below counts as long, and a query that hangs would fail the test by its own time-out.
      environment: { router: { DATABASE_STALE_AFTER_MS: '50', DATABASE_QUERY_TIMEOUT_MS: '600000' } },
      viaPort: proxy.port,
    });
    await theCustomAgent(database);
    const models = () => fetch(`${slept.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect((await models()).status).toBe(200);
    const before = proxy.connections;
    proxy.goDeaf();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await models()).status).toBe(200);
    expect(proxy.connections).toBeGreaterThan(before);
  });
});

describe('two calls far apart', () => {
  it('go over a kept connection that nobody has closed in the 20 s between them', async () => {
    expect((await chat()).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    expect((await chat()).status).toBe(200);
  }, 60_000);
});

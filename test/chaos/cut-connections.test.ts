import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Caller } from '../helpers/chaos-caller.ts';
import { between, chance, times } from '../helpers/chaos-chance.ts';
import { aCutProxy } from '../helpers/chaos-cut-proxy.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aFleet, type Fleet } from '../helpers/chaos-fleet.ts';
import { producedBy } from '../helpers/chaos-stage.ts';
import { aDatabaseUrl } from '../helpers/database.ts';

const CALLERS = 20;
const CALLS_EACH = 6;
const random = chance('cut connections');

/** Has calls made while connections are cut again and again; gives all calls when they are over. */
async function callsWhile(fleet: Fleet, cut: () => Promise<unknown>): Promise<Caller[]> {
  const limits = { 'requests/total': 10_000, 'tokens/month': 10_000_000, 'tokens/minute': 10_000_000 };
  const tenant = await fleet.tenant({ limits });
  const callers: Caller[] = [];
  const comeAgain = async (place: number) => {
    for (let turn = 0; turn < CALLS_EACH; turn += 1) {
      const script = { call: `${place}-${turn}`, says: between(random, 1, 12), everyMs: 4 };
      const model = random() < 0.5 ? 'ollama/scripted' : 'openai/scripted';
      const caller = new Caller(tenant, { script, model, stream: random() < 0.7 });
      callers.push(caller);
      await caller.ended;
    }
  };
  let over = false;
  const coming = Promise.all(times(CALLERS, comeAgain)).finally(() => {
    over = true;
  });
  for (let cuts = 0; !over && cuts < 1_000; cuts += 1) {
    await cut();
    await sleep(between(random, 20, 200));
  }
  await coming;
  return callers;
}

/** Who was served has paid what was made, who was not was told so and has paid nothing, and nothing is left open. */
async function audit({ books, fake }: Fleet, callers: Caller[]): Promise<void> {
  await eventually(() => books.holds()).toEqual([]);
  await books.expectSquare();
  const receipts = await books.receipts();
  const produced = producedBy(fake);
  for (const { name, status, headers, code, broken, isDone } of callers) {
    const output = receipts.get(name)?.output ?? 0;
    expect({ name, output }).toEqual({ name, output: produced.get(name) ?? 0 });
    expect(broken).toBe(false);
    if (status === 200 && code === undefined) {
      expect(receipts.get(name)).toMatchObject({ outcome: 'settled', source: 'reported' });
    } else if (status === 200) {
      expect([code, isDone]).toEqual(['gateway_not_ready', true]); // its head was out with a sign of life
    } else expect([status, code, headers['retry-after']]).toEqual([503, 'gateway_not_ready', '2']);
  }
  expect(callers.filter(({ status, code }) => status === 200 && !code).length).toBeGreaterThan(0);
}

describe('calls whose routers lose their connections to the database again and again', () => {
  it('are charged what was made, or are not served, where the server ends them', async () => {
    const fleet = await aFleet({ callersPerInstance: 8 });
    const { sql } = fleet.books;
    const cut = () => sql`
      select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'sublet'`;
    await audit(fleet, await callsWhile(fleet, cut));
  });

  it('are charged what was made, or are not served, where the way to it breaks', async () => {
    const databaseUrl = await aDatabaseUrl();
    const proxy = await aCutProxy({ host: '127.0.0.1', port: Number(new URL(databaseUrl).port) });
    const fleet = await aFleet({ callersPerInstance: 8, databaseUrl, viaPort: proxy.port });
    await audit(fleet, await callsWhile(fleet, async () => proxy.cut()));
  });
});

describe('a call that ends while the database is out of reach', () => {
  it('ends all the same for its caller, and is left to expiry', async () => {
    const databaseUrl = await aDatabaseUrl();
    const proxy = await aCutProxy({ host: '127.0.0.1', port: Number(new URL(databaseUrl).port) });
    const fleet = await aFleet({ databaseUrl, viaPort: proxy.port });
    const tenant = await fleet.tenant({ limits: { 'tokens/month': 1_000_000 } });
    const caller = new Caller(tenant, { script: { call: 'unsettled', says: 5, gate: 'cut', more: 2 } });
    await caller.has(5);
    await eventually(async () => (await fleet.books.holds())[0]?.progress).toBe(5);
    proxy.close();
    fleet.stage.open('cut');
    await caller.ended;
    expect([caller.pieces, caller.isDone, caller.code]).toEqual([7, true, undefined]);
    proxy.open();
    const [{ progress, rate, intervalMs } = expect.fail()] = await fleet.books.holds();
    await fleet.books.giveUp();
    const expected = progress + Math.floor((rate * intervalMs) / 1e6);
    expect((await fleet.books.receipts()).get('unsettled')).toMatchObject({
      outcome: 'expired',
      output: expected,
    });
    await fleet.books.expectSquare();
    const next = new Caller(tenant, { script: { call: 'next', says: 1 } });
    await next.ended;
    expect([next.status, next.isDone]).toEqual([200, true]);
    // The process may have stood still before it had written the line of that call.
    const isTold = () => fleet.log.some(({ line }) => line.includes('"unsettled":"gateway_not_ready"'));
    await eventually(isTold).toBe(true);
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { countReceipts } from '#shared/metrics/count-receipts.ts';
import { connectedTo } from '../helpers/database.ts';
import { aLedgerDatabase, type LedgerDatabase, ledgerOn } from '../helpers/ledger-database.ts';
import { given, type Story } from '../ledger/given.ts';
import { aConsole, type TestConsole } from './a-console.ts';
import { sumOf } from './samples.ts';

const LAG_MS = 10_000;
const HOUR_MS = 3_600_000;

let ledger: LedgerDatabase;
let story: Story;
let console: TestConsole;

beforeEach(async () => {
  ledger = await aLedgerDatabase({ maxConnections: 4 });
  story = await given(ledger, {});
  console = await aConsole(ledger.url);
});

async function aSettledCall(tokens = 5) {
  const call = await story.admitted({ prompt: 7 });
  await story.settle(call, 7, tokens, { upstream: 'a', reason: 'stop', firstTokenMs: 10, totalMs: 1_500 });
}

async function anExpiredCall() {
  const call = await story.admitted({ prompt: 100, output: 50 });
  await story.renew(call, { progress: 20 });
  await story.waits(10_001);
  expect(await ledger.sweep(10)).toBe(1);
  return call;
}

const requests = async (labels = '') => sumOf(await console.scrape(), 'gateway_requests_total', labels);

describe('a call that was settled', () => {
  it('is counted when its lag is over, and not before', async () => {
    await console.scrape();
    await aSettledCall();
    expect(await requests()).toBe(0);
    await story.waits(LAG_MS - 1);
    expect(await requests()).toBe(0);
    await story.waits(1);
    expect(await requests()).toBe(1);
  });

  it('is counted by why its last upstream was chosen, where that is known', async () => {
    const ways = [[], ['turn'], ['affinity'], ['turn', 'again'], [undefined]];
    for (const reasons of ways) {
      const attempts = reasons.map((because) => ({ upstream: 'a', because }));
      await story.settle(await story.admitted(), 4, 4, { upstream: 'a', reason: 'stop', attempts });
    }
    await story.waits(LAG_MS);
    const samples = await console.scrape();
    const why = (reason: string) =>
      samples.get(
        `gateway_requests_total{model="m1",upstream="a",operation="chat",status="2xx",reason="stop"${reason}}`,
      );
    expect([
      why(''),
      why(',route_reason="turn"'),
      why(',route_reason="affinity"'),
      why(',route_reason="again"'),
    ]).toEqual([2, 1, 1, 1]);
  });

  it('is counted once by however many scrapes of however many consoles', async () => {
    const others = [await aConsole(ledger.url), await aConsole(ledger.url)];
    for (let call = 0; call < 5; call += 1) await aSettledCall();
    await story.waits(LAG_MS);
    const all = [console, ...others, ...others, console];
    await Promise.all(all.map((one) => one.scrape()));
    for (const one of all) expect(sumOf(await one.scrape(), 'gateway_requests_total')).toBe(5);
  });

  it('is still counted by a console that starts anew', async () => {
    await aSettledCall();
    await story.waits(LAG_MS);
    await console.scrape();
    await console.stop();
    const anew = await aConsole(ledger.url);
    expect(sumOf(await anew.scrape(), 'gateway_requests_total')).toBe(1);
  });

  it('is counted though its transaction was committed long after later ones', async () => {
    await console.scrape();
    const call = await story.admitted({ prompt: 7 });
    const late = await ledger.sql.reserve();
    await late.unsafe('begin').simple();
    await ledgerOn(ledger.url, late).settle([story.ending(call, 7, 5)]);
    await story.waits(1);
    await aSettledCall();
    await story.waits(10 * LAG_MS);
    expect(await requests()).toBe(0);
    await late.unsafe('commit').simple();
    late.release();
    expect(await requests()).toBe(2);
  });
});

describe('a call that expired', () => {
  it('is pending at first, and counted with its estimate when nobody can correct it any more', async () => {
    await anExpiredCall();
    await story.waits(HOUR_MS);
    expect(sumOf(await console.scrape(), 'gateway_tokens_total')).toBe(0);
    await story.waits(LAG_MS);
    const samples = await console.scrape();
    expect(sumOf(samples, 'gateway_tokens_total')).toBe(120);
    expect(sumOf(samples, 'gateway_requests_total', 'status="5xx",reason="router_lost"')).toBe(1);
  });

  it('is counted once, with the truth, when it was corrected', async () => {
    const call = await anExpiredCall();
    await story.waits(LAG_MS);
    expect((await console.scrape()).get('gateway_pending_receipts')).toBe(1);
    await story.settle(call, 80, 10, { reason: 'stop', upstream: 'a' });
    await story.waits(LAG_MS);
    expect((await console.scrape()).get('gateway_pending_receipts')).toBe(0);
    await story.waits(2 * HOUR_MS);
    const samples = await console.scrape();
    expect(sumOf(samples, 'gateway_tokens_total')).toBe(90);
    expect(sumOf(samples, 'gateway_requests_total')).toBe(1);
  });
});

describe('receipts from before there were metrics', () => {
  it('are taken in by batches that have a bound, and shown when all are in', async () => {
    for (let call = 0; call < 7; call += 1) {
      await aSettledCall();
      await story.waits(1);
    }
    await story.waits(LAG_MS);
    const database = connectedTo(ledger.url);
    const aBatch = () => countReceipts(database, { most: 2, lagMs: LAG_MS, budgetMs: 0 });
    const counted = async () =>
      (await ledger.sql`select coalesce(sum(requests), 0)::int as sum from metric_totals`)[0]!.sum;
    const shown = [];
    for (let isDone = false; !isDone; ) {
      isDone = await aBatch();
      shown.push(await counted());
    }
    expect(shown).toEqual([2, 4, 6, 7]);
    expect(await requests()).toBe(7);
  });

  it('are not shown while some are missing', async () => {
    for (let call = 0; call < 3; call += 1) {
      await aSettledCall();
      await story.waits(1);
    }
    await story.waits(LAG_MS);
    await countReceipts(connectedTo(ledger.url), { most: 2, lagMs: LAG_MS, budgetMs: 0 });
    const lock = await ledger.sql.reserve();
    await lock.unsafe('begin; select * from metric_progress for update').simple();
    expect(await requests()).toBe(0);
    await lock.unsafe('commit').simple();
    lock.release();
    expect(await requests()).toBe(3);
  });
});

import { describe, expect, it } from 'vitest';
import type { Caller } from '../helpers/chaos-caller.ts';
import { times } from '../helpers/chaos-chance.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { producedBy } from '../helpers/chaos-stage.ts';
import { aCluster, inferences, MODEL } from '../helpers/cluster.ts';
import { expectOneBill, underLoad } from '../helpers/cluster-load.ts';

const ONE_SLOT = [{ upstream: { slots: 1 } }];

/** A cluster whose only slot a call has until the gate `free` is opened. */
async function aFullCluster(environment: Record<string, string> = {}, routers = 1) {
  const cluster = await aCluster({ members: ONE_SLOT, environment, routers });
  const first = cluster.call({ script: { call: 'first', says: 1, gate: 'free' } }, { router: 0 });
  await first.has(1);
  await eventually(async () => (await cluster.books.holds()).map(({ started }) => started)).toEqual([true]);
  return { ...cluster, first };
}

type Full = Awaited<ReturnType<typeof aFullCluster>>;
const waiting = ({ books }: Full) =>
  books.holds().then((holds) => holds.filter(({ started }) => !started).length);
/** By names, in the order in which the upstream met them. */
const order = ({ fakes }: Full) =>
  inferences(fakes[0]!).map((request) => [...producedBy({ requests: [request] })][0]![0]);

describe('a line before a full upstream', () => {
  it('lets one call of a consumer pass fifty of another', async () => {
    const cluster = await aFullCluster({ QUEUE_WAIT_MS: '20000' });
    const [a, b] = await Promise.all([cluster.aTenant(), cluster.aTenant()]);
    const greedy = times(50, (index) => cluster.call({ script: { call: `a${index}`, says: 1 } }, { as: a }));
    await eventually(() => waiting(cluster)).toBe(50);
    const modest = cluster.call({ script: { call: 'b', says: 1 } }, { as: b });
    await eventually(() => waiting(cluster)).toBe(51);
    expect(cluster.asked()).toEqual([1]);
    cluster.stage.open('free');
    const all = [cluster.first, ...greedy, modest];
    await Promise.all(all.map(({ ended }) => ended));
    expect(order(cluster).indexOf('b')).toBeLessThanOrEqual(5);
    expect(all.map(({ status }) => status)).toEqual(Array(52).fill(200));
    await expectOneBill(cluster, all);
  });

  it('is left by a call whose caller hangs up, which costs nothing', async () => {
    const cluster = await aFullCluster();
    const [gone, stays] = ['gone', 'stays'].map((call) => cluster.call({ script: { call, says: 1 } }));
    await eventually(() => waiting(cluster)).toBe(2);
    gone!.hangUp();
    await eventually(() => waiting(cluster)).toBe(1);
    cluster.stage.open('free');
    await stays!.ended;
    expect([stays!.status, order(cluster)]).toEqual([200, ['first', 'stays']]);
    const receipt = (await cluster.books.receipts()).get('gone');
    expect(receipt).toMatchObject({ outcome: 'released', prompt: 0, output: 0, attempts: [] });
    await cluster.first.ended;
    await expectOneBill(cluster, [cluster.first, stays!]);
  });

  it('is found to move when a call ends at another router', async () => {
    const cluster = await aFullCluster({}, 3);
    const others = [1, 2].map((router) =>
      cluster.call({ script: { call: `at ${router}`, says: 1 } }, { router }),
    );
    await eventually(() => waiting(cluster)).toBe(2);
    expect(cluster.asked()).toEqual([1]);
    cluster.stage.open('free');
    await Promise.all(others.map(({ ended }) => ended));
    await cluster.first.ended;
    await expectOneBill(cluster, [cluster.first, ...others]);
  });

  it('does not starve a call at one router for those at another', async () => {
    const environment = { QUEUE_WAIT_MS: '8000' };
    const cluster = await aCluster({ routers: 2, members: ONE_SLOT, environment });
    const call = (name: string, router: number) =>
      cluster.call({ script: { call: name, says: 1, more: 2, everyMs: 200 } }, { router });
    const modest: Caller[] = [];
    const greedy = await underLoad(
      4,
      (index) => call(`greedy ${index}`, 0),
      async (served) => {
        await served(1);
        modest.push(call('modest', 1));
        await modest[0]!.ended;
      },
    );
    await expectOneBill(cluster, [...modest, ...greedy]);
  });

  it('sheds at once when it is full itself', async () => {
    const cluster = await aFullCluster({ QUEUE_LENGTH: '2', QUEUE_WAIT_MS: '20000' });
    const patient = times(2, (index) => cluster.call({ script: { call: `waits ${index}`, says: 1 } }));
    await eventually(() => waiting(cluster)).toBe(2);
    const shed = cluster.call({ script: { call: 'shed', says: 1 } });
    await shed.ended;
    expect([shed.status, shed.code]).toEqual([503, 'server_overloaded']);
    expect(Number(shed.headers['retry-after'])).toBeGreaterThan(0);
    cluster.stage.open('free');
    await Promise.all(patient.map(({ ended }) => ended));
    await cluster.first.ended;
    expect((await cluster.books.receipts()).get('shed')).toMatchObject({ outcome: 'released', prompt: 0 });
    await expectOneBill(cluster, [cluster.first, ...patient]);
  });
});

describe('a call that has waited for too long', () => {
  const body = { max_tokens: 10, messages: [{ role: 'user', content: '{"call":"late","says":1}' }] };

  it('is told so in its own protocol, and when to come back', async () => {
    const cluster = await aFullCluster({ QUEUE_WAIT_MS: '100' });
    for (const [path, status, error] of [
      ['/v1/chat/completions', 503, { error: { code: 'server_overloaded', type: 'server_error' } }],
      ['/v1/messages', 529, { type: 'error', error: { type: 'overloaded_error' } }],
      ['/api/chat', 503, { error: expect.any(String) }],
    ] as const) {
      for (const stream of [true, false]) {
        const tag = `late at ${path} ${stream}`;
        const headers = { authorization: `Bearer ${cluster.key}`, 'x-gateway-tag': tag };
        const response = await fetch(`${cluster.urls[0]}${path}`, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify({ ...body, model: MODEL, stream }),
        });
        expect([path, response.status]).toEqual([path, status]);
        expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(await response.json()).toMatchObject(error);
        expect((await cluster.books.receipts()).get(tag)).toMatchObject({ outcome: 'released', prompt: 0 });
      }
    }
    expect(cluster.asked()).toEqual([1]);
    cluster.stage.open('free');
    await cluster.first.ended;
    await expectOneBill(cluster, [cluster.first]);
  });

  it('is told so inside its stream when that has shown signs of life', async () => {
    const cluster = await aFullCluster({ QUEUE_WAIT_MS: '400', FIRST_SIGN_OF_LIFE_MS: '50' });
    const late = cluster.call({ script: { call: 'late', says: 1 } });
    await late.ended;
    expect([late.status, late.code, late.isDone]).toEqual([200, 'server_overloaded', true]);
    cluster.stage.open('free');
    await cluster.first.ended;
    await expectOneBill(cluster, [cluster.first]);
  });
});

import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../fakes/ollama/faults.ts';
import type { Caller } from '../helpers/chaos-caller.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aCluster, type Cluster, type Member, nameOf } from '../helpers/cluster.ts';
import { askedDuring, expectOneBill } from '../helpers/cluster-load.ts';
import { aRawUpstream } from '../helpers/raw-upstream.ts';

/** Faults are counted, and nothing rests because of them. */
const STEADY = { BREAKER_FAILURES: '1000000', CHECK_EVERY_MS: '0' };
const FAILS: Fault = { kind: 'error-status', status: 500 };
/** The second is asked only when the first cannot answer. */
const ONE_AFTER_THE_OTHER: Member[] = [{}, { route: { tier: 1 } }];

let pair: Promise<Cluster>;
beforeAll(() => {
  pair = aCluster({ members: ONE_AFTER_THE_OTHER, environment: STEADY });
});
afterEach(async () => {
  for (const { faults } of (await pair).fakes) faults.clear();
});

let named = 0;
async function called(cluster: Cluster, stream = true, says = 3): Promise<Caller> {
  named += 1;
  const caller = cluster.call({ script: { call: `retried ${named}`, says }, stream });
  await caller.ended;
  return caller;
}

const attemptsOf = async ({ books }: Cluster, { name }: Caller) =>
  (await books.receipts()).get(name)!.attempts.map(({ upstream, failure }) => [upstream, failure]);

/** Why each of its upstreams was chosen. */
const reasonsOf = async ({ books }: Cluster, { name }: Caller) =>
  (await books.receipts()).get(name)!.attempts.map(({ because }) => because);

describe.each([true, false])('a call that fails before its first piece (stream: %s)', (stream) => {
  it('is answered by another upstream, and its receipt tells of both', async () => {
    const cluster = await pair;
    cluster.fakes[0]!.faults.next(FAILS);
    const caller = await called(cluster, stream);
    expect([caller.status, caller.pieces, caller.code]).toEqual([200, 3, undefined]);
    const { 'x-gateway-attempts': attempts, 'x-gateway-route': route } = caller.headers;
    expect([attempts, route]).toEqual(['2', 'u2; tier=1; because=turn']);
    expect(await attemptsOf(cluster, caller)).toEqual([
      [nameOf(0), 'upstream_error'],
      [nameOf(1), undefined],
    ]);
    expect(await reasonsOf(cluster, caller)).toEqual(['turn', 'turn']);
    await expectOneBill(cluster, [caller]);
  });

  it('is answered by another also where the failure is told inside a stream', async () => {
    const raw = await aRawUpstream();
    raw.says(
      'application/x-ndjson',
      '{"error":"an error was encountered while running the model: CUDA error"}\n',
    );
    const members: Member[] = [{ upstream: { address: raw.url } }, { route: { tier: 1 } }];
    const cluster = await aCluster({ members, environment: STEADY });
    const caller = await called(cluster, stream);
    expect([caller.status, caller.pieces]).toEqual([200, 3]);
    expect(await attemptsOf(cluster, caller)).toEqual([
      [nameOf(0), 'upstream_error'],
      [nameOf(1), undefined],
    ]);
    await expectOneBill(cluster, [caller]);
  });

  it('is told of that failure when all have failed, and costs nothing', async () => {
    const cluster = await pair;
    for (const fake of cluster.fakes) fake.faults.always(FAILS);
    const caller = await called(cluster, stream);
    expect([caller.status, caller.code]).toEqual([502, 'upstream_error']);
    const receipt = (await cluster.books.receipts()).get(caller.name)!;
    expect(receipt).toMatchObject({ outcome: 'released', prompt: 0, output: 0 });
    expect(caller.headers['x-gateway-attempts']).toBe(String(receipt.attempts.length));
    await cluster.books.expectSquare();
  });
});

describe('a call is not sent anywhere else', () => {
  it('when it is refused for what it asks', async () => {
    const cluster = await pair;
    cluster.fakes[0]!.faults.next({ kind: 'error-status', status: 400 });
    const asked = await askedDuring(cluster, async () => {
      const caller = await called(cluster);
      expect([caller.status, caller.headers['x-gateway-attempts']]).toEqual([400, '1']);
    });
    expect(asked).toEqual([1, 0]);
  });

  it.each([true, false])('when a piece of its answer has come (stream: %s)', async (stream) => {
    const cluster = await pair;
    cluster.fakes[0]!.faults.next({ kind: 'error-line', afterChunks: 2 });
    const caller = await called(cluster, stream);
    expect([caller.status, caller.code]).toEqual([stream ? 200 : 502, 'upstream_error']);
    expect(await attemptsOf(cluster, caller)).toEqual([[nameOf(0), 'upstream_error']]);
    const { output, outcome } = (await cluster.books.receipts()).get(caller.name)!;
    expect([output, outcome]).toEqual([2, 'settled']);
    await cluster.books.expectSquare();
  });

  it('when its caller has hung up', async () => {
    const cluster = await pair;
    cluster.fakes[0]!.faults.next({ kind: 'hang-before-head' });
    const [before = 0] = cluster.asked();
    const caller = cluster.call({ script: { call: 'gone', says: 1 } });
    await eventually(() => cluster.asked()[0]).toBe(before + 1);
    caller.hangUp();
    await eventually(async () => (await cluster.books.receipts()).has('gone')).toBe(true);
    expect(await attemptsOf(cluster, caller)).toEqual([[nameOf(0), undefined]]);
    await cluster.books.expectSquare();
  });
});

it('signs of life do not keep a call from being answered by another upstream', async () => {
  const environment = { ...STEADY, FIRST_SIGN_OF_LIFE_MS: '20', SIGN_OF_LIFE_EVERY_MS: '20' };
  const cluster = await aCluster({ members: ONE_AFTER_THE_OTHER, environment });
  const load = cluster.fakes[0]!.holdLoads();
  const caller = cluster.call({ script: { call: 'signs', says: 3 } });
  await eventually(() => caller.body.includes(': keep-alive')).toBe(true);
  await eventually(() => cluster.asked()).toEqual([1, 0]);
  await cluster.fakes[0]!.refuseConnections();
  load();
  await caller.ended;
  expect([caller.status, caller.pieces, caller.isDone, caller.code]).toEqual([200, 3, true, undefined]);
  expect((await attemptsOf(cluster, caller)).map(([upstream]) => upstream)).toEqual([nameOf(0), nameOf(1)]);
  await cluster.books.expectSquare();
});

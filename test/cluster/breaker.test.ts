import { describe, expect, it } from 'vitest';
import type { Caller } from '../helpers/chaos-caller.ts';
import { times } from '../helpers/chaos-chance.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aCluster, type Cluster, nameOf } from '../helpers/cluster.ts';
import { expectOneBill } from '../helpers/cluster-load.ts';
import { stateOf } from '../helpers/cluster-states.ts';

const QUICK = { BREAKER_FAILURES: '3', BREAKER_REST_MS: '400', BREAKER_MOST_REST_MS: '1000' };
let named = 0;

/** One call after the other, by one router. */
async function inTurn(cluster: Cluster, router: number, count: number): Promise<Caller[]> {
  const callers: Caller[] = [];
  for (let index = 0; index < count; index += 1) {
    named += 1;
    callers.push(cluster.call({ script: { call: `turn ${named}`, says: 1 } }, { router }));
    await callers.at(-1)!.ended;
  }
  return callers;
}

const attemptsOf = (callers: Caller[]) => callers.map(({ headers }) => headers['x-gateway-attempts']);
const hasRested = async (cluster: Cluster, index: number) => {
  const state = await stateOf(cluster, index);
  return state?.onTrial === true && !state.rests;
};

describe('an upstream that failed several times in a row', () => {
  it('rests for all routers, is tried by one call of all of them, and is back when that has begun to be answered', async () => {
    const environment = { ...QUICK, BREAKER_REST_MS: '2000', BREAKER_MOST_REST_MS: '2000' };
    const cluster = await aCluster({ routers: 3, members: [{}, {}], environment });
    const { fakes, stage } = cluster;
    const dead = fakes[0]!;
    await dead.refuseConnections();
    const first = await inTurn(cluster, 0, 6);
    expect(attemptsOf(first)).toEqual(['2', '1', '2', '1', '2', '1']);
    expect(await stateOf(cluster, 0)).toMatchObject({ failures: 3, failure: 'upstream_error', rests: true });
    // Routers that have never met its failure.
    expect(attemptsOf([...(await inTurn(cluster, 1, 4)), ...(await inTurn(cluster, 2, 4))])).toEqual(
      Array(8).fill('1'),
    );
    await dead.acceptConnections();
    const load = dead.holdLoads(); // nothing is answered there until we say so
    await eventually(() => hasRested(cluster, 0)).toBe(true);
    const crowd = times(30, (index) =>
      cluster.call({ script: { call: `crowd ${index}`, says: 1, gate: 'after the first piece' } }),
    );
    await eventually(() => crowd.filter(({ pieces }) => pieces === 1).length).toBe(29);
    expect(cluster.asked()[0]).toBe(1);
    load();
    await eventually(() => crowd.filter(({ pieces }) => pieces === 1).length).toBe(30);
    // Its answer goes on, for minutes perhaps: that it has begun is enough.
    await eventually(async () => (await stateOf(cluster, 0))?.onTrial).toBe(false);
    stage.open('after the first piece');
    await Promise.all(crowd.map(({ ended }) => ended));
    await eventually(async () => {
      await inTurn(cluster, 1, 2);
      return cluster.asked()[0]! > 1;
    }).toBe(true);
    expect(await stateOf(cluster, 0)).toMatchObject({ failures: 0, failure: null, onTrial: false });
    await expectOneBill(cluster, [...first, ...crowd]);
  });

  it('rests longer after each trial that failed, up to a bound', async () => {
    const cluster = await aCluster({ members: [{}, {}], environment: QUICK });
    await cluster.fakes[0]!.refuseConnections();
    await inTurn(cluster, 0, 6);
    const rests: number[] = [(await stateOf(cluster, 0))!.restMs!];
    for (const failures of [4, 5, 6]) {
      await eventually(async () => {
        await inTurn(cluster, 0, 1);
        return (await stateOf(cluster, 0))?.failures;
      }).toBe(failures);
      rests.push((await stateOf(cluster, 0))!.restMs!);
    }
    expect(rests[0]).toBeLessThanOrEqual(480);
    expect(rests[1]).toBeLessThanOrEqual(960);
    expect(rests[2]).toBeGreaterThan(480); // a fifth less than the bound, and some time has passed
    expect(Math.max(...rests)).toBeLessThanOrEqual(1_200);
  });

  it('is tried by another call as soon as the caller of the first has hung up', async () => {
    const cluster = await aCluster({ members: [{}, {}], environment: QUICK });
    const { fakes } = cluster;
    await fakes[0]!.refuseConnections();
    await inTurn(cluster, 0, 6);
    await fakes[0]!.acceptConnections();
    fakes[0]!.faults.next({ kind: 'hang-before-head' });
    await eventually(() => hasRested(cluster, 0)).toBe(true);
    const crowd = times(4, (index) => cluster.call({ script: { call: `gone ${index}`, says: 1 } }));
    await eventually(() => cluster.asked()[0]).toBe(1);
    await eventually(() => crowd.filter(({ isDone }) => isDone).length).toBe(3);
    crowd.find(({ isDone }) => !isDone)!.hangUp();
    const startedAtMs = Date.now();
    await eventually(async () => {
      await inTurn(cluster, 0, 1);
      return (await stateOf(cluster, 0))?.onTrial;
    }).toBe(false);
    expect(Date.now() - startedAtMs).toBeLessThan(8_000); // what it had claimed is good for ten seconds
    await eventually(() => cluster.books.holds()).toEqual([]);
    await cluster.books.expectSquare();
  });

  it('is told as it is when there is no other: a 503, and when to come back', async () => {
    const environment = { ...QUICK, BREAKER_REST_MS: '60000', BREAKER_MOST_REST_MS: '60000' };
    const cluster = await aCluster({ members: [{}], environment });
    await cluster.fakes[0]!.refuseConnections();
    const failing = await inTurn(cluster, 0, 2);
    expect(failing.map(({ status, code }) => [status, code])).toEqual(Array(2).fill([502, 'upstream_error']));
    const [refused] = await inTurn(cluster, 0, 1);
    expect([refused!.status, refused!.code]).toEqual([503, 'server_overloaded']);
    expect(Number(refused!.headers['retry-after'])).toBeGreaterThan(40);
    expect(Number(refused!.headers['retry-after'])).toBeLessThanOrEqual(72);
    await cluster.books.expectSquare();
    const receipts = [...(await cluster.books.receipts()).values()];
    expect(receipts.map(({ outcome, prompt, output }) => [outcome, prompt, output])).toEqual(
      Array(3).fill(['released', 0, 0]),
    );
    const failed = { upstream: nameOf(0), failure: 'upstream_error' };
    expect(receipts.at(0)!.attempts).toEqual([
      { ...failed, because: 'turn' },
      { ...failed, because: 'again' },
    ]);
  });
});

describe('an upstream that one call cannot be sent to', () => {
  it('is not taken for well: nothing was asked of it', async () => {
    const environment = { ...QUICK, BREAKER_FAILURES: '100' };
    const cluster = await aCluster({ members: [{}], environment });
    for (const status of [500, 500]) cluster.fakes[0]!.faults.next({ kind: 'error-status', status });
    await inTurn(cluster, 0, 1);
    await eventually(async () => (await stateOf(cluster, 0))?.failures).toBe(2);
    const caller = cluster.call({ script: { call: 'two choices', says: 1 }, fields: { n: 2 } });
    await caller.ended;
    expect(caller.status).toBe(400);
    expect((await stateOf(cluster, 0))?.failures).toBe(2);
    await inTurn(cluster, 0, 1);
    await eventually(async () => (await stateOf(cluster, 0))?.failures).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import type { Fault } from '../fakes/ollama/faults.ts';
import type { Caller } from '../helpers/chaos-caller.ts';
import { times } from '../helpers/chaos-chance.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aCluster, type Cluster, type Member } from '../helpers/cluster.ts';
import { inFlight } from '../helpers/cluster-load.ts';
import { stateOf } from '../helpers/cluster-states.ts';

/** Faults are counted, and nothing rests because of them. */
const STEADY = { BREAKER_FAILURES: '1000000', CHECK_EVERY_MS: '0' };
const FAILS: Fault = { kind: 'error-status', status: 500 };

let named = 0;
async function called(cluster: Cluster, stream = true): Promise<Caller> {
  named += 1;
  const caller = cluster.call({ script: { call: `again ${named}`, says: 3 }, stream });
  await caller.ended;
  return caller;
}

describe('the same upstream', () => {
  it('is asked once more where there is no other', async () => {
    const cluster = await aCluster({ members: [{}], environment: STEADY });
    cluster.fakes[0]!.faults.next(FAILS);
    const caller = await called(cluster);
    expect([caller.status, caller.pieces]).toEqual([200, 3]);
    expect(caller.headers['x-gateway-route']).toBe('u1; tier=0; because=again');
    cluster.fakes[0]!.faults.always(FAILS);
    const failed = await called(cluster);
    expect([failed.status, failed.headers['x-gateway-attempts']]).toEqual([502, '2']);
    expect(cluster.asked()).toEqual([4]);
  });

  it.each<[string, Member, Record<string, string>]>([
    ['the other rests', {}, { BREAKER_FAILURES: '1', BREAKER_REST_MS: '60000' }],
    ['the other is a canary that is not for this call', { route: { canaryHeader: 'x-try: new' } }, STEADY],
  ])('is asked once more and no oftener where %s', async (_, other, environment) => {
    const settings = {
      CHECK_EVERY_MS: '0',
      MOST_ATTEMPTS: '5',
      FIRST_SIGN_OF_LIFE_MS: '2000',
      ...environment,
    };
    const cluster = await aCluster({ members: [{}, other], environment: settings });
    if (!other.route) await makeRest(cluster, 1);
    // Busy is no failure: its own breaker must not be what ends it.
    cluster.fakes[0]!.faults.always({ kind: 'queue-full' });
    const [before = 0] = cluster.asked();
    const caller = await called(cluster, false);
    expect([caller.status, caller.code]).toEqual([503, 'server_overloaded']);
    expect(cluster.asked()[0]! - before).toBe(2);
  });

  it('is not asked again after it was silent for as long as it may be', async () => {
    const other = { route: { canaryHeader: 'x-try: new' } };
    const first = { upstream: { firstPieceTimeoutMs: 200 } };
    const cluster = await aCluster({ members: [first, other], environment: STEADY });
    cluster.fakes[0]!.faults.always({ kind: 'hang-before-first-token' });
    const caller = await called(cluster);
    expect([caller.status, caller.code]).toEqual([504, 'upstream_timeout']);
    expect(cluster.asked()).toEqual([1, 0]);
  });
});

it('when all upstreams are broken, second tries are a fifth of the calls and what was saved up', async () => {
  const cluster = await aCluster({ members: [{}, {}], environment: STEADY });
  for (const fake of cluster.fakes) fake.faults.always(FAILS);
  const calls = 150;
  const callers = await inFlight({ total: calls, atOnce: 16 }, (index) =>
    cluster.call({ script: { call: `storm ${index}`, says: 1 } }),
  );
  expect(new Set(callers.map(({ status }) => status))).toEqual(new Set([502]));
  const sent = cluster.asked().reduce((sum, count) => sum + count);
  expect(sent).toBeGreaterThanOrEqual(calls + 20);
  expect(sent).toBeLessThanOrEqual(calls + 20 + calls / 5);
  await cluster.books.expectSquare();
});

/** Lets one of two upstreams fail until it rests. */
async function makeRest(cluster: Cluster, index: number): Promise<void> {
  await cluster.fakes[index]!.refuseConnections();
  for (const _ of times(2, () => 0)) await called(cluster);
  await eventually(async () => (await stateOf(cluster, index))?.rests).toBe(true);
}

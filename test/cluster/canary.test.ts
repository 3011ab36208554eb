import { describe, expect, it } from 'vitest';
import { times } from '../helpers/chaos-chance.ts';
import { aCluster } from '../helpers/cluster.ts';
import { askedDuring, expectOneBill, inFlight } from '../helpers/cluster-load.ts';

describe('a canary', () => {
  it('takes its percentage of all calls, over all routers', async () => {
    const members = [{}, { route: { canaryPercent: 20, tier: 1 } }];
    const cluster = await aCluster({ routers: 3, members });
    const callers = await inFlight({ total: 300, atOnce: 8 }, (index) =>
      cluster.call({ script: { call: `call ${index}`, says: 1 } }),
    );
    const [ordinary = 0, canary = 0] = cluster.asked();
    expect(ordinary + canary).toBe(300);
    // Five standard deviations to either side of 60.
    expect(canary).toBeGreaterThanOrEqual(25);
    expect(canary).toBeLessThanOrEqual(95);
    const told = callers.filter(({ headers }) => headers['x-gateway-route'] === 'u2; tier=1; because=canary');
    expect(told).toHaveLength(canary);
    await expectOneBill(cluster, callers);
  });

  it('takes those that show its header and nobody else, and leaves them to the others when it is broken', async () => {
    const members = [{}, { route: { canaryHeader: 'X-Try: new' } }];
    const cluster = await aCluster({ routers: 3, members });
    let named = 0;
    const callWith = async (headers: Record<string, string>) => {
      named += 1;
      const caller = cluster.call({ script: { call: `call ${named}`, says: 1 }, headers });
      await caller.ended;
      expect(caller.status).toBe(200);
      return caller;
    };
    const counts = (headers: Record<string, string>) =>
      askedDuring(cluster, () => Promise.all(times(9, () => callWith(headers))));
    expect(await counts({ 'x-try': 'new' })).toEqual([0, 9]);
    expect(await counts({ 'x-try': 'old' })).toEqual([9, 0]);
    expect(await counts({})).toEqual([9, 0]);
    await cluster.fakes[1]!.refuseConnections();
    const caller = await callWith({ 'x-try': 'new' });
    expect([caller.headers['x-gateway-backend'], caller.headers['x-gateway-attempts']]).toEqual(['u1', '2']);
    await expectOneBill(cluster, [caller]);
  });
});

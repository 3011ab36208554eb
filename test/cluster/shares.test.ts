import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { Caller } from '../helpers/chaos-caller.ts';
import { times } from '../helpers/chaos-chance.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aCluster, type Cluster } from '../helpers/cluster.ts';
import { askedDuring, expectOneBill, inFlight } from '../helpers/cluster-load.ts';

/** Short calls, and how many of them each upstream was asked for. */
const shares = (cluster: Cluster, total: number, atOnce: number) =>
  askedDuring(cluster, async () => {
    const callers = await inFlight({ total, atOnce }, (index) =>
      cluster.call({ script: { call: `${total} by ${atOnce}, ${index}`, says: 2 } }),
    );
    expect(callers.filter(({ status, isDone }) => status !== 200 || !isDone)).toEqual([]);
    await expectOneBill(cluster, callers);
  });

describe('two Ollamas', () => {
  it('take turns', async () => {
    const cluster = await aCluster({ members: [{}, {}] });
    expect(await shares(cluster, 200, 1)).toEqual([100, 100]);
  });

  it.each([
    { routers: 1, atOnce: 32 },
    { routers: 3, atOnce: 32 },
  ])(
    'share a thousand calls to within 2 %: $routers routers, $atOnce at once',
    async ({ routers, atOnce }) => {
      const cluster = await aCluster({ routers, members: [{}, {}] });
      const [one = 0, other = 0] = await shares(cluster, 1_000, atOnce);
      expect(one + other).toBe(1_000);
      expect(Math.abs(one - 500)).toBeLessThanOrEqual(20);
    },
  );

  it('share by their weights behind three routers, too', async () => {
    const members = [{ route: { weight: 3 } }, { route: { weight: 1 } }];
    const cluster = await aCluster({ routers: 3, members });
    const [three = 0, one = 0] = await shares(cluster, 300, 6);
    expect(three + one).toBe(300);
    expect(Math.abs(three - 225)).toBeLessThanOrEqual(6);
  });

  it('are told apart by what other routers have seen there: a loaded one first, but the other gets warm', async () => {
    const cluster = await aCluster({ members: [{}, {}], environment: { CHECK_EVERY_MS: '600000' } });
    const { fakes, database, call } = cluster;
    await database.write((db) =>
      db.execute(sql`
        insert into upstream_states (upstream_id, checked_at, has, loaded) values
          (1, clock_timestamp(), '{scripted-natively:latest}', '{}'),
          (2, clock_timestamp(), '{scripted-natively:latest}', '{scripted-natively:latest}')`),
    );
    const load = fakes[0]!.holdLoads();
    const callers: Caller[] = [];
    for (let index = 0; cluster.asked()[0] === 0; index += 1) {
      const caller = call({ script: { call: `cold ${index}`, says: 1 } });
      callers.push(caller);
      await eventually(() => cluster.asked().reduce((sum, count) => sum + count)).toBe(callers.length);
    }
    expect(cluster.asked()[1]).toBeGreaterThan(5);
    load();
    await Promise.all(callers.map(({ ended }) => ended));
    const [warm = 0, loaded = 0] = await shares(cluster, 40, 1);
    expect(warm).toBeGreaterThanOrEqual(20);
    expect(loaded).toBeGreaterThan(0);
  });
});

describe('upstreams with few slots', () => {
  it('are filled by how full they are, and what they have no room for goes to the next tier', async () => {
    const members = [
      { upstream: { slots: 2 } },
      { upstream: { slots: 4 } },
      { backend: 'openai', route: { tier: 1 } } as const,
    ];
    const cluster = await aCluster({ members });
    const callers: Caller[] = [];
    const begin = async (count: number) => {
      for (const caller of times(count, (index) => index)) {
        const script = { call: `slot ${callers.length} ${caller}`, says: 1, gate: 'end' };
        callers.push(cluster.call({ script }));
        await callers.at(-1)!.has(1);
      }
      return cluster.asked();
    };
    expect(await begin(3)).toEqual([1, 2, 0]);
    expect(await begin(3)).toEqual([2, 4, 0]);
    expect(await begin(2)).toEqual([2, 4, 2]);
    expect(callers.at(-1)!.headers['x-gateway-route']).toBe('u3; tier=1; because=turn');
    cluster.stage.open('end');
    await Promise.all(callers.map(({ ended }) => ended));
    await expectOneBill(cluster, callers);
    expect(await begin(1)).toEqual([3, 4, 2]);
    await Promise.all(callers.map(({ ended }) => ended));
  });
});

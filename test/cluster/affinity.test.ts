import { beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../helpers/chaos-caller.ts';
import { times } from '../helpers/chaos-chance.ts';
import { aCluster, type Cluster } from '../helpers/cluster.ts';
import { askedDuring, expectOneBill } from '../helpers/cluster-load.ts';

let cluster: Cluster;
beforeAll(async () => {
  const members = times(3, () => ({ upstream: { slots: 4 } }));
  cluster = await aCluster({ routers: 3, members });
});

const placeOf = ({ headers }: Caller) => headers['x-gateway-backend'];
const reasonOf = ({ headers }: Caller) => /because=(\w+)/.exec(String(headers['x-gateway-route']))?.[1];

type Wish = Parameters<Cluster['call']>[0];
async function called(wish: Wish, router?: number): Promise<Caller> {
  const caller = cluster.call(wish, router === undefined ? {} : { router });
  await caller.ended;
  expect(caller.status).toBe(200);
  return caller;
}

describe('calls of one session', () => {
  it('go to one upstream, whichever router they come to', async () => {
    const places = new Set<unknown>();
    for (const session of times(12, (index) => `session ${index}`)) {
      const headers = { 'x-gateway-session': session };
      const turns: Caller[] = [];
      for (const router of [0, 1, 2, 0])
        turns.push(
          await called({ script: { call: `${session}, ${turns.length}`, says: 1 }, headers }, router),
        );
      expect(new Set(turns.map(placeOf)).size).toBe(1);
      expect(turns.map(reasonOf)).toEqual(Array(4).fill('affinity'));
      places.add(placeOf(turns[0]!));
    }
    expect(places.size).toBeGreaterThan(1); // (1/3)^11 that this is chance
  });

  it('never overload one while another has room', async () => {
    const headers = { 'x-gateway-session': 'a busy one' };
    const callers: Caller[] = [];
    const counts = await askedDuring(cluster, async () => {
      for (const index of times(12, (each) => each)) {
        const script = { call: `busy ${index}`, says: 1, gate: 'busy' };
        callers.push(cluster.call({ script, headers }, { router: 0 }));
        await callers.at(-1)!.has(1);
      }
    });
    expect(counts).toEqual([4, 4, 4]);
    expect(placeOf(callers[1]!)).toBe(placeOf(callers[0]!));
    // At no moment was one fuller than the emptiest by more than half of its slots.
    for (const count of times(12, (each) => each + 1)) {
      const places = callers.slice(0, count).map(placeOf);
      const taken = ['u1', 'u2', 'u3'].map((name) => places.filter((place) => place === name).length);
      expect(Math.max(...taken) - Math.min(...taken)).toBeLessThanOrEqual(2);
    }
    cluster.stage.open('busy');
    await Promise.all(callers.map(({ ended }) => ended));
    await expectOneBill(cluster, callers);
  });
});

describe('a conversation', () => {
  const user = (call: string) => ({ role: 'user', content: JSON.stringify({ call, says: 1 }) });

  it('is continued where it began', async () => {
    for (const name of times(10, (index) => `talk ${index}`)) {
      const messages: object[] = [user(name)];
      const first = await called({ script: { call: name, says: 1 }, fields: { messages } }, 1);
      for (const turn of [1, 2]) {
        messages.push({ role: 'assistant', content: 'zig' }, user(`${name}, turn ${turn}`));
        const next = await called({ script: { call: `${name} ${turn}`, says: 1 }, fields: { messages } }, 1);
        expect([placeOf(next), reasonOf(next)]).toEqual([placeOf(first), 'affinity']);
      }
    }
  });

  it('that begins like others does not go where they are', async () => {
    const fresh = await aCluster({ members: [{}, {}, {}] });
    for (const _ of times(30, () => 0)) {
      const caller = fresh.call({ script: { call: 'Hi', says: 1 } });
      await caller.ended;
      expect(reasonOf(caller)).toBe('turn');
    }
    expect(fresh.asked()).toEqual([10, 10, 10]);
  });
});

import { describe, expect, it } from 'vitest';
import type { FakeOllama } from '../fakes/ollama/fake-ollama.ts';
import type { Caller } from '../helpers/chaos-caller.ts';
import { times } from '../helpers/chaos-chance.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aCluster, type Cluster } from '../helpers/cluster.ts';
import { askedDuring, expectOneBill, produced, underLoad } from '../helpers/cluster-load.ts';
import { stateOf } from '../helpers/cluster-states.ts';

const ENVIRONMENT = {
  BREAKER_FAILURES: '3',
  BREAKER_REST_MS: '200',
  BREAKER_MOST_REST_MS: '800',
  CHECK_EVERY_MS: '100',
};

/** Three routers before so many upstreams of eight slots; the callers are fewer than the slots of all but one. */
const aBusyCluster = (upstreams: number) =>
  aCluster({
    routers: 3,
    members: times(upstreams, () => ({ upstream: { slots: 8, firstPieceTimeoutMs: 1_000 } })),
    environment: ENVIRONMENT,
  });

const load = (cluster: Cluster, during: Parameters<typeof underLoad>[2]) =>
  underLoad(
    7,
    (index) =>
      cluster.call({
        script: { call: `call ${index}`, says: 2, more: 2, everyMs: 2 },
        stream: index % 4 > 0,
      }),
    during,
  );

const isWhole = ({ status, pieces, code, broken }: Caller) =>
  status === 200 && pieces === 4 && code === undefined && !broken;

/** Whoever has no whole answer has had a part of one, is told so in it, and has paid for that part alone. */
async function expectNoneLost(cluster: Cluster, callers: Caller[]): Promise<void> {
  await expectOneBill(cluster, callers.filter(isWhole));
  const receipts = await cluster.books.receipts();
  expect(receipts.size).toBe(callers.length);
  const made = produced(cluster);
  for (const { name, status, pieces, code, isDone, headers } of callers.filter((each) => !isWhole(each))) {
    const isStream = headers['content-type']?.startsWith('text/event-stream') ?? false;
    const { output, outcome, attempts } = receipts.get(name)!;
    expect({ name, status, code, isDone }).toEqual({
      ...{ name, status: isStream ? 200 : 502, code: 'upstream_error', isDone: isStream },
    });
    expect([name, outcome, output > 0, output <= made.get(name)!]).toEqual([name, 'settled', true, true]);
    if (isStream) expect([name, output]).toEqual([name, pieces]);
    expect(attempts.at(-1)).toMatchObject({ failure: 'upstream_error' });
  }
}

/** Routers may each have chosen it once before they knew. */
const isBack = (cluster: Cluster, index: number, served: (more: number) => Promise<void>) =>
  eventually(async () => (await askedDuring(cluster, () => served(30)))[index]! > 5).toBe(true);

/** What may happen to an upstream, and how it ends. */
const kill = async ({ cluster, fake, index, served }: Scene) => {
  await fake.refuseConnections();
  await eventually(async () => (await stateOf(cluster, index))?.onTrial).toBe(true);
  await served(60);
  await fake.acceptConnections();
  await isBack(cluster, index, served);
  expect(await stateOf(cluster, index)).toMatchObject({ failures: 0, onTrial: false });
};

const empty = async ({ cluster, fake, index, served }: Scene) => {
  const [model] = cluster.stage.models;
  fake.models.remove(model!.name);
  await eventually(async () => (await stateOf(cluster, index))?.has).not.toContain(model!.name);
  await served(30);
  expect((await askedDuring(cluster, () => served(60)))[index]).toBe(0);
  fake.models.add(model!);
  await isBack(cluster, index, served);
};

const stall = async ({ cluster, fake, index, served }: Scene) => {
  fake.faults.always({ kind: 'hang-before-first-token' });
  await eventually(async () => (await stateOf(cluster, index))?.onTrial).toBe(true);
  await served(60);
  fake.faults.clear();
  await isBack(cluster, index, served);
};

const slow = async ({ cluster, fake, index, served }: Scene) => {
  fake.faults.always({ kind: 'drip', delayMs: 60 });
  const asked = await askedDuring(cluster, () => served(120));
  expect(asked[index]).toBeGreaterThan(0);
  expect(Math.min(...asked)).toBe(asked[index]);
  fake.faults.clear();
  expect((await stateOf(cluster, index))?.failures ?? 0).toBe(0);
};

interface Scene {
  cluster: Cluster;
  fake: FakeOllama;
  index: number;
  served(more: number): Promise<void>;
}

describe('of two upstreams under load, with three routers, one', () => {
  it.each<[string, (scene: Scene) => Promise<void>, number]>([
    ['is killed and comes back: no call is lost that had not begun', kill, 7],
    ['is emptied of its model and given it back: nobody notices', empty, 0],
    ['stands still and goes on: its calls are answered by the other', stall, 0],
    ['is slowed: it is not taken for dead, and gets fewer calls', slow, 0],
  ])('%s', async (_, happens, mostBroken) => {
    const cluster = await aBusyCluster(2);
    const callers = await load(cluster, async (served) => {
      await served(40);
      await happens({ cluster, fake: cluster.fakes[0]!, index: 0, served });
    });
    expect(callers.filter((caller) => !isWhole(caller)).length).toBeLessThanOrEqual(mostBroken);
    await expectNoneLost(cluster, callers);
  });
});

it('of three upstreams one is killed, one emptied and one slowed, and no call is lost that had not begun', async () => {
  const cluster = await aBusyCluster(3);
  const callers = await load(cluster, async (served) => {
    await served(40);
    for (const [index, happens] of [kill, empty, slow].entries())
      await happens({ cluster, fake: cluster.fakes[index]!, index, served });
  });
  expect(callers.filter((caller) => !isWhole(caller)).length).toBeLessThanOrEqual(7);
  await expectNoneLost(cluster, callers);
});

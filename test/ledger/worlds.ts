import fc from 'fast-check';
import { type Consumer, type Key, type Limit, type Model, newWorld, type World } from './model/world.ts';

/** Tables of consumers, keys, models and limits, small enough that calls meet each other and their limits. */
export const worlds = fc
  .record({
    /** Begins shortly before something: midnight of a long night, of a short one, the end of a month, or nothing. */
    start: fc.constantFrom(
      '2031-03-09T04:59:00Z', // midnight in New York, before the night that is one hour short
      '2031-09-07T03:59:00Z', // Santiago skips this midnight
      '2031-04-24T21:59:00Z', // and Cairo this one
      '2031-10-31T15:59:00Z', // a month ends in Shanghai
      '2031-06-15T12:34:56.789Z',
    ),
    parents: fc.array(fc.option(fc.nat(9), { freq: 4 }), { minLength: 1, maxLength: 7 }),
    zones: fc.array(zone(), { minLength: 7, maxLength: 7 }),
    keyOwners: fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }),
    keyTraits: fc.array(keyTrait(), { minLength: 5, maxLength: 5 }),
    models: fc.array(model(), { minLength: 1, maxLength: 3 }),
    grants: fc.array(grant(), {
      minLength: 7,
      maxLength: 7,
    }),
    limits: fc.array(limit(), { minLength: 1, maxLength: 12 }),
  })
  .map(({ start, parents, zones, keyOwners, keyTraits, models, grants, limits }) => {
    const world = newWorld(Date.parse(start) * 1000);
    for (const [index, parent] of parents.entries()) {
      addConsumer(world, index, parent, zones[index]!, grants[index]!);
    }
    for (const [index, owner] of keyOwners.entries()) {
      const consumerId = (owner % world.consumers.size) + 1;
      world.keys.set(index + 1, keyOf(world, index + 1, consumerId, keyTraits[index]!));
    }
    for (const [index, facts] of models.entries()) {
      world.models.set(`m${index + 1}`, { ...facts, name: `m${index + 1}` });
    }
    for (const facts of limits) addLimit(world, facts);
    return world;
  });

function zone() {
  return fc.constantFrom('Asia/Shanghai', 'America/New_York', 'America/Santiago', 'Africa/Cairo', 'UTC');
}

function grant(): fc.Arbitrary<string[] | null> {
  return fc.oneof(
    { weight: 9, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom<string[][]>(['m1'], ['m1', 'm2']) },
  );
}

function addConsumer(
  world: World,
  index: number,
  parent: number | null,
  timeZone: string,
  models: Consumer['models'],
) {
  const id = index + 1;
  const above = index > 0 && parent !== null ? world.consumers.get((parent % index) + 1) : undefined;
  const path = above && above.path.length < 4 ? [...above.path, id] : [id];
  world.consumers.set(id, { id, path, status: 'active', models, timeZone });
}

type KeyTrait = 'plain' | 'expires' | 'expired' | 'networks' | 'revoked' | 'm1';
function keyTrait() {
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant<KeyTrait>('plain') },
    { weight: 2, arbitrary: fc.constantFrom<KeyTrait[]>('expires', 'expired', 'networks', 'revoked', 'm1') },
  );
}

function keyOf(world: World, id: number, consumerId: number, trait: KeyTrait): Key {
  const inAnHour = world.nowUs + 3_600_000_000;
  return {
    id,
    consumerId,
    status: trait === 'revoked' ? 'revoked' : 'active',
    expiresUs: trait === 'expires' ? inAnHour : trait === 'expired' ? world.nowUs - 1 : null,
    models: trait === 'm1' ? ['m1'] : null,
    cidrs: trait === 'networks' ? ['10.0.0.0/8', '2001:db8::/32'] : null,
  };
}

function model(): fc.Arbitrary<Omit<Model, 'name'>> {
  const price = fc.record({
    input: fc.constantFrom(0, 1, 333_333, 1e6, 2_500_000),
    output: fc.constantFrom(0, 1, 700_001, 8e6),
  });
  return fc.record({
    status: fc.constant('active' as const),
    contextTokens: fc.constantFrom(null, null, 120, 1000),
    maxOutputTokens: fc.constantFrom(null, 64, 200),
    defaultOutput: fc.constantFrom(null, 50),
    minOutput: fc.constantFrom(1, 16, 64),
    imageTokens: fc.constantFrom(0, 30),
    prices: fc
      .array(price, { maxLength: 2 })
      .map((prices) => prices.map((facts, index) => ({ version: index + 1, ...facts }))),
    calibration: fc.constantFrom(null, {
      ...{ latin: 300_000, cjk: 1_100_000, other: 900_001, messageTokens: 5 },
      ...{ outputChars: 3210, usualOutput: 40, rate: 20_500 },
    }),
  });
}

interface LimitFacts extends Pick<Limit, 'metric' | 'win' | 'strict' | 'amount'> {
  onKey: boolean;
  owner: number;
}

function limit(): fc.Arbitrary<LimitFacts> {
  const win = fc.constantFrom<Limit['win'][]>('minute', 'hour', 'day', 'month', 'total');
  const owner = { onKey: fc.constantFrom(false, false, true), owner: fc.nat(9), strict: fc.boolean() };
  const counted = (metric: Limit['metric'], amount: fc.Arbitrary<number>) =>
    fc.record({ ...owner, metric: fc.constant(metric), win, amount });
  return fc.oneof(
    counted('requests', fc.oneof(fc.nat(3), fc.integer({ min: 4, max: 12 }))),
    counted('tokens', fc.oneof(fc.nat(200), fc.integer({ min: 200, max: 3000 }))),
    counted('tokens', fc.integer({ min: 200, max: 3000 })),
    counted('cost', fc.oneof(fc.nat(200), fc.integer({ min: 200, max: 9000 }))),
    fc.record({
      ...owner,
      metric: fc.constant('parallel' as const),
      win: fc.constant('open' as const),
      amount: fc.integer({ min: 0, max: 4 }),
    }),
  );
}

/** One of a kind for each owner, and none above what its owner's ancestors have. */
function addLimit(world: World, { onKey, owner, strict, ...facts }: LimitFacts) {
  const owners = onKey ? world.keys : world.consumers;
  const id = [...owners.keys()][owner % owners.size]!;
  const [consumerId, keyId] = onKey ? [null, id] : [id, null];
  const same = [...world.limits.values()].filter(
    (one) => one.metric === facts.metric && one.win === facts.win,
  );
  if (same.some((one) => one.consumerId === consumerId && one.keyId === keyId)) return;
  const { path } = world.consumers.get(onKey ? world.keys.get(id)!.consumerId : id)!;
  const above = same.filter((one) => path.includes(one.consumerId ?? -1)).map(({ amount }) => amount);
  const limitId = world.limits.size + 1;

  world.limits.set(limitId, {
    ...facts,
    ...{ id: limitId, consumerId, keyId, strict },
    ...{ amount: Math.min(facts.amount, ...above), retired: false, windows: [], tatUs: 0 },
  });
}

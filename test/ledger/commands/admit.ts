import fc from 'fast-check';
import { expect } from 'vitest';
import { expectAgreement } from '../agree.ts';
import { admit, putBack, rootOf } from '../model/admit.ts';
import type { Call } from '../model/call.ts';
import { deadOf, sweep } from '../model/sweep.ts';
import { observe } from '../observe.ts';
import { newId, pick, ROUTER, type Scene } from '../scene.ts';
import type { Snapshot } from '../snapshot.ts';
import { expectVerdict } from '../verdicts.ts';
import { command } from './command.ts';

const callSpec = fc.record({
  key: fc.nat(19),
  earlier: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(200) }),
  address: fc.constantFrom(null, '10.0.0.7', '10.0.0.7', '192.168.1.9', '2001:db8::1'),
  model: fc.nat(19),
  messages: fc.integer({ min: 1, max: 3 }),
  tools: fc.constantFrom(0, 0, 2),
  images: fc.constantFrom(0, 0, 1),
  bytes: fc.nat(300),
  latin: fc.nat(200),
  cjk: fc.nat(50),
  other: fc.nat(20),
  output: fc.oneof(fc.constant(null), fc.constant(0), fc.integer({ min: 1, max: 300 })),
  choices: fc.constantFrom(1, 1, 2, 3),
});
type CallSpec = typeof callSpec extends fc.Arbitrary<infer T> ? T : never;

/** 1 to 8 calls at once: new ones, ones that are tried again, the same one twice. */
export const admitBatch = command(
  'admit',
  fc.array(callSpec, { minLength: 1, maxLength: 8 }),
  async (scene, specs) => {
    const { ledger, world, echoes, log } = scene;
    const calls = specs.map((spec) => callOf(scene, spec));
    log('admit', calls);
    const found = await ledger.admit(calls);
    log('  →', found);
    const snapshot = await observe(scene);
    const sweptHolds = takeOverSweep(scene, calls, snapshot);
    expect(found).toHaveLength(calls.length);
    for (const { id, force } of calls) if (force && world.lost.has(id)) putBack(world, world.lost.get(id)!);
    const before = new Set(world.holds.keys());
    calls.forEach((call, index) => {
      const verdict = found[index]!;
      const first = calls.findIndex(({ id }) => id === call.id);
      if (first < index) {
        expect(verdict, 'the same id twice in one batch').toEqual(found[first]);
        return;
      }
      const expected = admit(world, call, (root) => deadOf(world, new Set([root])).length > 0);
      expectVerdict(world, before, call, expected, verdict);
      if (verdict.verdict === 'admitted') echoes.set(call.id, verdict.echo);
    });
    expectAgreement(world, snapshot, sweptHolds * 2);
  },
);

/** Rule 11: at most 16 of the batch's own roots, and no fewer where there are so many. */
function takeOverSweep({ world }: Scene, calls: Call[], snapshot: Snapshot): number {
  const known = calls.filter(({ key }) => world.keys.has(key));
  const dead = deadOf(world, new Set(known.map(({ key }) => rootOf(world, key))));
  const swept = snapshot.receipts.filter(({ id, outcome }) => outcome === 'expired' && world.holds.has(id));
  expect(dead.map(({ id }) => id)).toEqual(expect.arrayContaining(swept.map(({ id }) => id)));
  expect(swept.length, 'swept by admission').toBe(Math.min(16, dead.length));
  sweep(
    world,
    swept.map(({ id }) => id),
  );
  return swept.length;
}

function callOf(scene: Scene, { earlier, key, model, ...facts }: CallSpec): Call {
  const { world, ids, calls } = scene;
  const id = earlier === null ? newId(scene) : (pick(ids, earlier) ?? newId(scene));
  const again = calls.get(id);
  if (again) {
    const isPutBack = world.lost.has(id) && earlier! % 2 === 0;
    return isPutBack ? { ...again, force: scene.echoes.get(id) } : again;
  }
  const call: Call = {
    ...facts,
    id,
    router: ROUTER,
    key: key === 19 ? 999 : pick([...world.keys.keys()], key)!,
    model: model === 19 ? 'no such model' : pick([...world.models.keys()], model)!,
    endUser: null,
    tag: null,
  };
  calls.set(id, call);
  return call;
}

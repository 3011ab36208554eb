import fc from 'fast-check';
import { expect } from 'vitest';
import { expectAgreement } from '../agree.ts';
import type { SettleCall } from '../contract.ts';
import { settle } from '../model/settle.ts';
import type { World } from '../model/world.ts';
import { observe } from '../observe.ts';
import { newId, pick, type Scene } from '../scene.ts';
import { command } from './command.ts';

/** How much of what was held was used; 1 = all of it. */
const share = fc.constantFrom(0, 0.3, 0.9, 1, 1, 1.1, 3);

const endingSpec = fc.record({
  which: fc.option(fc.nat(999), { freq: 20 }),
  released: fc.constantFrom(false, false, false, true),
  prompt: share,
  output: share,
  more: fc.nat(3),
  echo: fc.boolean(),
});
type EndingSpec = typeof endingSpec extends fc.Arbitrary<infer T> ? T : never;

/** 1 to 6 ends at once: of open calls, closed ones, expired ones, lost ones and ones that nobody knows. */
export const settleBatch = command(
  'settle',
  fc.array(endingSpec, { minLength: 1, maxLength: 6 }),
  async (scene, specs) => {
    const { ledger, world, log } = scene;
    const endings = asRetries(specs.map((spec) => endingOf(scene, spec)));
    log('settle', endings);
    const found = await ledger.settle(endings);
    log('  →', found);
    const snapshot = await observe(scene);
    expect(found).toHaveLength(endings.length);
    for (const index of openFirst(world, endings)) {
      const ending = endings[index]!;
      const seen = { prompt: found[index]?.prompt ?? 0, output: found[index]?.output ?? 0 };
      const expected = settle(world, { ...ending, hasEcho: ending.echo !== undefined }, seen);
      expect(found[index], `the end of ${ending.id}`).toMatchObject(expected);
    }
    expectAgreement(world, snapshot, endings.length * 2);
  },
);

/** Calls are closed before receipts are corrected: a correction takes what room is left then. */
function openFirst({ receipts }: World, endings: SettleCall[]): number[] {
  const { open = [], closed = [] } = Object.groupBy(endings.keys(), (index) =>
    receipts.has(endings[index]!.id) ? 'closed' : 'open',
  );
  return [...open, ...closed];
}

/** Mostly those whose end is awaited: open, expired or lost. */
function endable({ world, ids }: Scene, which: number): string[] {
  const expired = [...world.receipts.values()].filter(({ final }) => !final).map(({ id }) => id);
  const awaited = [...world.holds.keys(), ...world.lost.keys()];
  if (which % 8 === 0) return ids;
  return which % 2 === 0 && expired.length > 0 ? expired : awaited;
}

/** The same id twice in a batch is the same end, told again. */
function asRetries(endings: SettleCall[]): SettleCall[] {
  return endings.map((ending) => endings.find(({ id }) => id === ending.id)!);
}

function endingOf(scene: Scene, { which, released, prompt, output, more, echo }: EndingSpec): SettleCall {
  const { world, calls, echoes } = scene;
  const id = which === null ? newId(scene) : (pick(endable(scene, which), which) ?? newId(scene));
  const call = calls.get(id);
  const held = world.holds.get(id) ?? world.lost.get(id) ?? world.receipts.get(id);
  const known = echo ? echoes.get(id) : undefined;
  const key = call && world.keys.has(call.key) ? call.key : [...world.keys.keys()][0]!;
  return {
    id,
    outcome: released ? 'released' : 'settled',
    key,
    consumer: world.keys.get(key)!.consumerId,
    model: call?.model ?? 'm1',
    prompt: Math.floor((held?.estimate ?? 10) * prompt) + more,
    output: Math.floor((held?.outputHeld ?? 10) * output),
    source: more === 0 ? 'counted' : 'reported',
    promptReported: null,
    outputReported: null,
    outputCounted: null,
    upstream: null,
    attempts: [],
    reason: null,
    firstTokenMs: null,
    totalMs: null,
    ...(known !== undefined && { echo: known }),
  };
}

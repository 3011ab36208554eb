import fc from 'fast-check';
import { expect } from 'vitest';
import { expectAgreement } from '../agree.ts';
import { windowAround } from '../model/calendar.ts';
import { type Renewal, renew } from '../model/renew.ts';
import { isDead, sweep } from '../model/sweep.ts';
import { observe } from '../observe.ts';
import { newId, pick, type Scene } from '../scene.ts';
import { command } from './command.ts';

const renewalSpec = fc.record({
  which: fc.option(fc.nat(200), { freq: 20 }),
  started: fc.constantFrom(true, true, false),
  upstream: fc.constantFrom(null, 'a', 'b'),
  progress: fc.nat(120),
  firstToken: fc.boolean(),
  intervalMs: fc.constantFrom(1000, 2000, 4000, 8000, 10_000),
});

export const renewBatch = command(
  'renew',
  fc.array(renewalSpec, { minLength: 1, maxLength: 4 }),
  async (scene, specs) => {
    const { ledger, world, ids, log } = scene;
    const renewals = specs.map(({ which, ...spec }) => {
      const open = [...world.holds.keys()];
      const known = which === null ? undefined : pick(which % 9 > 0 && open.length > 0 ? open : ids, which);
      return { ...spec, id: known ?? newId(scene) };
    });
    log('renew', renewals);
    const found = await ledger.renew(renewals);
    log('  →', found);
    expect(found).toEqual(renewals.map((renewal) => renew(world, longest(renewal, renewals))));
    expectAgreement(world, await observe(scene));
  },
);

/** Of renewals that travel together, the longest interval counts: intervals only grow. */
function longest(renewal: Renewal, together: Renewal[]): Renewal {
  const same = together.filter(({ id }) => id === renewal.id);
  return { ...renewal, intervalMs: Math.max(...same.map(({ intervalMs }) => intervalMs)) };
}

export const sweepSome = command('sweep', fc.constantFrom(1, 3, 50), async (scene, most) => {
  const { ledger, world, log } = scene;
  const dead = [...world.holds.values()].filter((hold) => isDead(world, hold));
  const count = await ledger.sweep(most);
  log(`sweep ${most} → ${count}`, '');
  const snapshot = await observe(scene);
  const swept = snapshot.receipts.filter(({ id, outcome }) => outcome === 'expired' && world.holds.has(id));
  const roots = new Set(swept.map(({ id }) => world.holds.get(id)!.root));
  expect(swept, 'what sweep says and does').toHaveLength(count);
  expect(roots.size, 'the roots of one sweep').toBeLessThanOrEqual(1);
  const [root] = roots;
  const ofRoot = dead.filter((hold) => hold.root === root);
  expect(count).toBe(dead.length === 0 ? 0 : Math.min(most, ofRoot.length));
  sweep(
    world,
    swept.map(({ id }) => id),
  );
  expectAgreement(world, snapshot, count * 2);
});

type Move =
  | 'a moment'
  | 'some seconds'
  | 'a lease'
  | 'an hour'
  | 'to the hour'
  | 'to midnight'
  | 'to the month'
  | 'back';

/** The database's clock goes on, past what ends then; or, once in a while, back. */
export const moveClock = command(
  'clock',
  fc.tuple(
    fc.constantFrom<Move[]>(
      ...(['a moment', 'some seconds', 'some seconds', 'a lease', 'a lease', 'an hour'] as const),
      ...(['to the hour', 'to midnight', 'to the month', 'back'] as const),
    ),
    fc.integer({ min: 1, max: 5000 }),
    fc.nat(9),
  ),
  async (scene, [move, ms, k]) => {
    const { ledger, world, log } = scene;
    world.nowUs = Math.max(moved(scene, move, ms, k), EARLIEST_US);
    log(`clock ${move}: ${new Date(world.nowUs / 1000).toISOString()}`, '');
    await ledger.setClock(world.nowUs);
  },
);

/** The server must not have been started in the future. */
const EARLIEST_US = Date.UTC(2031, 0, 1) * 1000;

function moved({ world }: Scene, move: Move, ms: number, k: number): number {
  const { nowUs } = world;
  const zone = pick([...world.consumers.values()], k)!.timeZone;
  const around = (ms - 2500) * 1000; // a little before the end, or after it
  switch (move) {
    case 'a moment':
      return nowUs + ms;
    case 'some seconds':
      return nowUs + ms * 2000;
    case 'a lease':
      return nowUs + 10_000_000 + ms * 4000;
    case 'an hour':
      return nowUs + 3_600_000_000 + ms * 1000;
    case 'to the hour':
      return Math.max(nowUs, windowAround('hour', zone, nowUs).endUs + around);
    case 'to midnight':
      return Math.max(nowUs, windowAround('day', zone, nowUs).endUs + around);
    case 'to the month':
      return Math.max(nowUs, windowAround('month', zone, nowUs).endUs + around);
    case 'back':
      return nowUs - ms * 20_000;
  }
}

import { expect } from 'vitest';
import type { AdmitResult, Admitted, Refused } from './contract.ts';
import type { Refusal, Verdict } from './model/admit.ts';
import { leftOfRate } from './model/arithmetic.ts';
import { type Call, limitsOnPath } from './model/call.ts';
import { currentWindow, type Hold, isRate, type Limit, type World } from './model/world.ts';

/** The ledger’s verdict is the model’s; where several refusals are true, one of them. `before` = the holds before the batch. */
export function expectVerdict(
  world: World,
  before: Set<string>,
  call: Call,
  expected: Verdict,
  found: AdmitResult,
): void {
  if ('admitted' in expected) {
    expect(found, 'a call that fits').toMatchObject({ verdict: 'admitted' });
    expectGrant(world, expected.admitted, found as Admitted);
  } else {
    expect(found, `a call that is refused: ${expected.refusals.map(inWords)}`).toMatchObject({
      verdict: 'refused',
    });
    expectRefusal(world, before, call, expected.refusals, found as Refused);
  }
  const stored = 'admitted' in expected && expected.stored;
  if (!stored && !call.force) expectShown(world, call, found);
}

function expectGrant(world: World, hold: Hold, found: Admitted): void {
  const calibration = world.models.get(hold.model)!.calibration;
  if (Number.isNaN(hold.rate)) hold.rate = found.rate;
  expect(found).toMatchObject({
    cap: hold.cap,
    cut: hold.cut,
    estimate: hold.estimate,
    promptHeld: hold.promptHeld,
    outputHeld: hold.outputHeld,
    strict: hold.strict,
    priceVersion: hold.price.version,
    rate: hold.rate,
    ...(calibration && { outputChars: calibration.outputChars }),
  });
  expect(found.echo).toBeTruthy();
}

function expectRefusal(
  world: World,
  before: Set<string>,
  call: Call,
  refusals: Refusal[],
  found: Refused,
): void {
  const named = (refusal: Refusal) => ({
    reason: refusal.reason,
    metric: refusal.limit?.metric ?? null,
    win: refusal.limit?.win ?? null,
  });
  const told = { reason: found.reason, metric: found.metric ?? null, win: found.win ?? null };
  if (told.reason === 'again') Object.assign(told, { metric: null, win: null });
  expect(refusals.map(named), 'the refusal is one that is true').toContainEqual(told);
  const same = refusals.filter((refusal) => JSON.stringify(named(refusal)) === JSON.stringify(told));
  if (!same[0]?.limit) return;
  expect(
    same.map(({ limit }) => isOwn(world, call, limit!)),
    'own',
  ).toContain(found.own);
  if (told.reason === 'rate') expect(same.map(({ retryMs }) => retryMs)).toContain(found.retryMs);
  if (told.reason === 'quota' && told.win === 'minute') expect(found.retryMs ?? null).toBeNull();
  if (told.reason === 'in_flight') expect(leaseEndsMs(world, before, call.key)).toContain(found.retryMs);
}

const inWords = ({ reason, limit }: Refusal) =>
  `${reason}${limit ? ` by limit ${limit.id}, ${limit.metric} a ${limit.win}` : ''}`;

/** When the first lease of its root ends, but a second at least; holds of the same batch may count or not. */
function leaseEndsMs(world: World, before: Set<string>, keyId: number): number[] {
  const root = world.consumers.get(world.keys.get(keyId)!.consumerId)!.path[0];
  const holds = [...world.holds.values()].filter((hold) => hold.root === root);
  const soonest = (list: Hold[]) =>
    list.length === 0
      ? 1000
      : Math.max(
          1000,
          Math.ceil((Math.min(...list.map(({ leaseEndUs }) => leaseEndUs)) - world.nowUs) / 1000),
        );
  return [soonest(holds), soonest(holds.filter(({ id }) => before.has(id)))];
}

function isOwn(world: World, call: Call, limit: Limit): boolean {
  return limit.keyId === call.key || limit.consumerId === world.keys.get(call.key)!.consumerId;
}

/** Rule 20: what is shown is one of the key's and its own consumer's limits, the one of which least is left. */
function expectShown(world: World, call: Call, { limits }: AdmitResult): void {
  if (!limits || !world.keys.has(call.key)) return;
  for (const metric of ['requests', 'tokens'] as const) {
    const own = limitsOnPath(world, call.key).filter(
      (limit) => limit.metric === metric && isOwn(world, call, limit),
    );
    const shown = limits[metric] ?? null;
    if (own.length === 0) expect(shown, `${metric}: there is nothing of its own to show`).toBeNull();
    if (!shown) continue;
    const lefts = own.map((limit) => ({ limit: limit.amount, left: leftOf(world, limit) }));
    expect(lefts, `${metric}: what is shown`).toContainEqual({ limit: shown.limit, left: shown.left });
    expect(shown.left, `${metric}: the least that is left`).toBe(Math.min(...lefts.map(({ left }) => left)));
  }
}

function leftOf(world: World, limit: Limit): number {
  if (isRate(limit)) return leftOfRate(limit, world.nowUs);
  const { used, held } = currentWindow(limit);
  return Math.max(0, limit.amount - used - held);
}

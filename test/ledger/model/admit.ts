import { costUs, tooEarlyUs } from './arithmetic.ts';
import { type Asking, askingOf, type Call, lineOf, outputLeft, promptUnits } from './call.ts';
import { refusedAtTheDoor } from './door.ts';
import {
  currentWindow,
  type Hold,
  isBudget,
  isParallel,
  isRate,
  type Limit,
  type Line,
  type World,
} from './world.ts';

/** Why a limit stands in a call's way. */
export interface Refusal {
  reason: 'key' | 'model' | 'address' | 'quota' | 'in_flight' | 'rate' | 'parallel' | 'closed' | 'again';
  limit?: Limit;
  retryMs?: number | null;
}

/** What the ledger must answer: the hold, or one of these refusals. */
export type Verdict = { admitted: Hold; stored: boolean } | { refusals: Refusal[] };

/** One call of a batch, in its turn. `dead` = the root has expired holds that nobody has swept yet. */
export function admit(world: World, call: Call, dead: (root: number) => boolean): Verdict {
  const open = world.holds.get(call.id);
  if (open) return { admitted: open, stored: true };
  if (world.receipts.has(call.id)) return { refusals: [{ reason: 'closed' }] };
  const door = refusedAtTheDoor(world, call);
  if (door.length > 0) return { refusals: door.map((reason) => ({ reason })) };
  const asking = askingOf(world, call);
  const cap = Math.min(asking.wanted, ...asking.limits.filter(isBudget).map((limit) => left(asking, limit)));
  const refusals = asking.limits.flatMap((limit) => refusalBy(world, asking, limit) ?? []);
  if (refusals.length > 0) return { refusals: worst(refusals, dead(rootOf(world, call.key))) };
  const lines = asking.limits.map((limit) => lineOf(asking, limit, cap));
  for (const line of lines) take(world, line);
  const hold = holdOf(world, asking, cap, lines);
  world.holds.set(hold.id, hold);
  world.lost.delete(hold.id);
  return { admitted: hold, stored: false };
}

export function rootOf(world: World, keyId: number): number {
  return world.consumers.get(world.keys.get(keyId)!.consumerId)!.path[0]!;
}

function left(asking: Asking, limit: Limit): number {
  const { used, held } = currentWindow(limit);
  return outputLeft(asking, limit, used + held);
}

/** A rate asks whether what the call will usually need fits, whatever its budgets leave of that. */
function refusalBy(world: World, asking: Asking, limit: Limit): Refusal | undefined {
  const { used, held } = currentWindow(limit);
  if (isParallel(limit)) {
    if (held + 1 <= limit.amount) return undefined;
    return { reason: limit.amount === 0 ? 'quota' : 'parallel', limit };
  }
  if (isBudget(limit)) {
    if (Math.min(asking.wanted, outputLeft(asking, limit, used + held)) >= asking.least) return undefined;
    const wouldFit = Math.min(asking.wanted, outputLeft(asking, limit, used)) >= asking.least;
    return { reason: wouldFit ? 'in_flight' : 'quota', limit };
  }
  if (promptUnits(asking, limit) > limit.amount) return { reason: 'quota', limit, retryMs: null };
  const earlyUs = tooEarlyUs(limit, world.nowUs, lineOf(asking, limit, asking.wanted).amount);
  return earlyUs > 0 ? { reason: 'rate', limit, retryMs: Math.ceil(earlyUs / 1000) } : undefined;
}

/** What never fits is never told to be retryable; what dead holds may stand in the way of is tried again. */
function worst(refusals: Refusal[], dead: boolean): Refusal[] {
  const forever = refusals.filter(({ reason }) => reason === 'quota');
  if (forever.length > 0) return forever;
  const byHolds = refusals.some(({ reason }) => reason === 'in_flight' || reason === 'parallel');
  return dead && byHolds
    ? [{ reason: 'again' }, ...refusals.filter(({ reason }) => reason === 'rate')]
    : refusals;
}

function take(world: World, { limit, window, amount }: Line): void {
  if (isRate(limit)) limit.tatUs = tooEarlyUs(limit, world.nowUs, amount) + world.nowUs + 60_000_000;
  else window.held += amount;
}

function holdOf(world: World, asking: Asking, cap: number, lines: Line[]): Hold {
  const { call, estimate, bound, strict, price, wanted } = asking;
  return {
    id: call.id,
    key: call.key,
    consumer: world.keys.get(call.key)!.consumerId,
    root: rootOf(world, call.key),
    model: call.model,
    price,
    estimate,
    promptHeld: strict ? bound : estimate,
    outputHeld: cap * call.choices,
    strict,
    forced: false,
    admittedUs: world.nowUs,
    lines,
    cap,
    cut: cap < wanted,
    rate: asking.model.calibration?.rate ?? Number.NaN, // the ledger's own default; told by the verdict
    ...newLease(world),
  };
}

const newLease = ({ nowUs }: World) => ({
  started: false,
  firstToken: false,
  progress: 0,
  intervalMs: 1000,
  renewedUs: nowUs,
  leaseEndUs: nowUs + 10_000_000,
});

/** Rule 12: what a failover lost is put back in the windows of its admission, even above the amount: it is under way. */
export function putBack(world: World, lost: Hold): void {
  for (const { limit, window, amount } of lost.lines) {
    if (isRate(limit)) limit.tatUs += costUs(limit, amount);
    else window.held += amount;
  }
  const hold = { ...lost, ...newLease(world), started: true, forced: true, cut: false };
  world.holds.set(hold.id, hold);
  world.lost.delete(hold.id);
}

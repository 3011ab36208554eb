import { costOf, costUs } from './arithmetic.ts';
import {
  type Admission,
  type Hold,
  isParallel,
  isRate,
  type Limit,
  type Line,
  type Receipt,
  type World,
} from './world.ts';

export interface Usage {
  prompt: number;
  output: number;
}

const NOTHING: Usage = { prompt: 0, output: 0 };

/** Rule 15: output is never charged above its hold, and on a strict path neither is the prompt. */
export function chargeable(of: Admission, truth: Usage): Usage {
  return {
    prompt: of.strict ? Math.min(truth.prompt, of.promptHeld) : truth.prompt,
    output: Math.min(truth.output, of.outputHeld),
  };
}

/** Closes an open hold with what is to be charged for it. */
export function close(
  world: World,
  hold: Hold,
  outcome: Receipt['outcome'],
  truth: Usage,
  final: boolean,
): Receipt {
  const receipt = receiptOf(world, hold, outcome, truth, final);
  receipt.uncharged =
    outcome === 'settled' ? truth.prompt + truth.output - receipt.prompt - receipt.output : 0;
  hold.lines.forEach((line, index) => {
    const used = usedOf(receipt, line.limit);
    moveClock(world, hold.admittedUs, line, used);
    receipt.lines[index]!.amount = used;
    if (isRate(line.limit)) return;
    line.window.held -= line.amount;
    line.window.used += used;
    // What was put back stands above its amount as a whole, as far as anybody can tell.
    receipt.lineExcess[index] = hold.forced ? used : Math.max(0, used - line.amount);
  });
  world.holds.delete(hold.id);
  world.receipts.set(receipt.id, receipt);
  return receipt;
}

/** Rule 10: what a hold is charged that nobody closed, whenever it is swept. */
export function expire(world: World, hold: Hold): Receipt {
  if (!hold.started) return close(world, hold, 'expired', NOTHING, true);
  const leaseMs = (hold.leaseEndUs - hold.renewedUs) / 1000;
  const unheardOf = hold.firstToken
    ? Math.floor((hold.rate * Math.min(hold.intervalMs, leaseMs)) / 1_000_000)
    : 0;
  const truth = { prompt: hold.estimate, output: hold.progress + unheardOf };
  return close(world, hold, 'expired', truth, false);
}

/** A settle whose hold the database had lost: the truth, in the windows of the admission, all of it excess. */
export function settleLost(world: World, lost: Hold, truth: Usage): Receipt {
  const receipt = receiptOf(world, lost, 'settled', truth, true);
  receipt.holdLost = true;
  receipt.uncharged = truth.prompt + truth.output - receipt.prompt - receipt.output;
  lost.lines.forEach((line, index) => {
    const used = usedOf(receipt, line.limit);
    if (isRate(line.limit)) {
      line.limit.tatUs += costUs(line.limit, line.amount);
      moveClock(world, lost.admittedUs, line, used);
      return;
    }
    line.window.used += used;
    receipt.lines[index]!.amount = used;
    receipt.lineExcess[index] = used;
  });
  world.lost.delete(lost.id);
  world.receipts.set(receipt.id, receipt);
  return receipt;
}

/** What a receipt takes of a budget. */
export function usedOf(receipt: Receipt, limit: Limit): number {
  if (isParallel(limit) || receipt.free) return 0;
  if (limit.metric === 'requests') return 1;
  return limit.metric === 'tokens' ? receipt.prompt + receipt.output : receipt.cost;
}

/**
 * Rule 13: a rate's clock moves by the truth less what was taken; requests a minute are not given back. What comes back
 * late comes back less: the minute since the admission has given it back already.
 */
export function moveClock(world: World, admittedUs: number, { limit, amount }: Line, used: number): void {
  if (!isRate(limit) || limit.metric === 'requests') return;
  const notBackYetUs = Math.max(0, 60_000_000 - (world.nowUs - admittedUs));
  limit.tatUs += Math.max(costUs(limit, used) - costUs(limit, amount), -notBackYetUs);
}

function receiptOf(
  world: World,
  hold: Hold,
  outcome: Receipt['outcome'],
  truth: Usage,
  final: boolean,
): Receipt {
  const free = outcome === 'released' || (outcome === 'expired' && !hold.started);
  const charge = free ? NOTHING : chargeable(hold, truth);
  return {
    ...hold,
    ...charge,
    lines: hold.lines.map((line) => ({ ...line })),
    outcome,
    final,
    free,
    cost: costOf(hold.price, charge.prompt, charge.output),
    uncharged: 0,
    holdLost: false,
    lineExcess: hold.lines.map(() => 0),
    closedUs: world.nowUs,
  };
}

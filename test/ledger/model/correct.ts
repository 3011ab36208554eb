import { fail } from 'node:assert';
import { costOf } from './arithmetic.ts';
import { chargeable, moveClock, type Usage, usedOf } from './close.ts';
import type { Ending } from './settle.ts';
import { isBudget, type Line, type Receipt, type World } from './world.ts';

/**
 * Rule 8: a receipt that expired is corrected once to the truth, in the same windows: down always, up only as
 * far as every budget on the path has room. The rule leaves open which tokens come first where there is not
 * room for all; so what the ledger chose is checked, and taken over.
 */
export function correct(world: World, receipt: Receipt, ending: Ending, seen: Usage): void {
  const released = ending.outcome === 'released';
  const truth = released ? { prompt: 0, output: 0 } : chargeable(receipt, ending);
  const chosen = { prompt: seen.prompt, output: seen.output };
  if (chosen.prompt > truth.prompt || chosen.output > truth.output) fail('charged above the truth');
  if (!fits(receipt, chosen)) fail('corrected upwards where a limit has no room');
  for (const more of ['prompt', 'output'] as const) {
    if (chosen[more] === truth[more]) continue;
    if (fits(receipt, { ...chosen, [more]: chosen[more] + 1 }))
      fail(`not all the ${more} that has room is charged`);
  }
  apply(world, receipt, released, chosen);
  receipt.uncharged = released ? 0 : ending.prompt + ending.output - chosen.prompt - chosen.output;
}

function apply(world: World, receipt: Receipt, released: boolean, charge: Usage): void {
  Object.assign(receipt, charge, {
    cost: costOf(receipt.price, charge.prompt, charge.output),
    outcome: released ? 'released' : 'settled',
    free: released,
    final: true,
  });
  receipt.lines.forEach((line, index) => {
    const used = usedOf(receipt, line.limit);
    moveClock(world, receipt.admittedUs, line, used);
    if (!isBudget(line.limit)) return;
    line.window.used += used - line.amount;
    line.amount = used;
    receipt.lineExcess[index] = receipt.forced ? used : Math.min(used, receipt.lineExcess[index]!);
  });
}

/** No budget is passed by more than it already was. */
function fits(receipt: Receipt, charge: Usage): boolean {
  const after = { ...receipt, ...charge, cost: costOf(receipt.price, charge.prompt, charge.output) };
  return receipt.lines.every((line) => {
    if (!isBudget(line.limit)) return true;
    const more = usedOf(after, line.limit) - line.amount;
    return more <= Math.max(0, roomOf(line));
  });
}

/** Of a window that was left, its peak is all that is known. */
function roomOf({ limit, window }: Line): number {
  const amount = window === limit.windows.at(-1) ? limit.amount : window.peak;
  return amount - window.used - window.held;
}

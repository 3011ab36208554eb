import { close, settleLost, type Usage } from './close.ts';
import { correct } from './correct.ts';
import { FREE, type Receipt, type World } from './world.ts';

/** What a router tells of a call's end, as far as the model cares. */
export interface Ending extends Usage {
  id: string;
  outcome: 'settled' | 'released';
  key: number;
  consumer: number;
  model: string;
  hasEcho: boolean;
}

export interface Settled extends Usage {
  state: 'closed' | 'corrected' | 'final' | 'unknown';
  outcome: Receipt['outcome'];
  cost: number;
}

/** What the ledger must answer. `seen` decides where the rules leave a choice: how much of a late truth had room. */
export function settle(world: World, ending: Ending, seen: Usage): Settled | { state: 'unknown' } {
  const hold = world.holds.get(ending.id);
  if (hold) return answer('closed', close(world, hold, ending.outcome, ending, true));
  const receipt = world.receipts.get(ending.id);
  if (receipt) {
    const open = !receipt.final && world.nowUs < receipt.closedUs + world.finalAfterUs;
    if (open) correct(world, receipt, ending, seen);
    return answer(open ? 'corrected' : 'final', receipt);
  }
  if (ending.outcome === 'released') return answer('closed', leaveVoid(world, ending));
  const lost = world.lost.get(ending.id);
  if (!lost || !ending.hasEcho) return { state: 'unknown' };
  return answer('closed', settleLost(world, lost, ending));
}

const answer = (state: Settled['state'], { outcome, prompt, output, cost }: Receipt): Settled => ({
  state,
  outcome,
  prompt,
  output,
  cost,
});

/** Rule 7: so that an admission which arrives later is refused. */
function leaveVoid(world: World, { id, key, consumer, model }: Ending): Receipt {
  const receipt: Receipt = {
    ...{ id, key, consumer, model, root: 0, price: FREE, admittedUs: world.nowUs, closedUs: world.nowUs },
    ...{ estimate: 0, promptHeld: 0, outputHeld: 0, strict: false, forced: false, lines: [], lineExcess: [] },
    ...{ outcome: 'void', final: true, free: true, holdLost: false },
    ...{ prompt: 0, output: 0, cost: 0, uncharged: 0 },
  };
  world.receipts.set(id, receipt);
  world.lost.delete(id);
  return receipt;
}

import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { OpenHold, Receipt } from '../helpers/chaos-books.ts';
import { Caller } from '../helpers/chaos-caller.ts';
import { between, chance, times } from '../helpers/chaos-chance.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aFleet, type Fleet } from '../helpers/chaos-fleet.ts';
import { producedBy } from '../helpers/chaos-stage.ts';

const CALLERS = 36;
const KILLS = 8;
const random = chance('lost routers');

let fleet: Fleet;
beforeAll(async () => {
  fleet = await aFleet({ callersPerInstance: 12 });
});

const limits = {
  'requests/total': 5_000,
  'tokens/month': 10_000_000,
  'tokens/day': 10_000_000,
  parallel: 100,
};

describe('routers that are killed at random moments', () => {
  it('cost nobody more than one renewal interval, and change no other charge', async () => {
    const parent = await fleet.tenant({ limits });
    const children = await Promise.all(times(3, () => fleet.tenant({ parentId: parent.consumerId, limits })));
    const callers: Caller[] = [];
    let over = false;
    // Slower than the model usually is (50 tokens a second), so that what it makes in an interval is what the ledger expects.
    const comeAgain = async (place: number) => {
      for (let turn = 0; !over && turn < 100; turn += 1) {
        const script = { call: `${place}-${turn}`, says: between(random, 1, 40), everyMs: 50 };
        const model = random() < 0.5 ? 'ollama/scripted' : 'openai/scripted';
        const caller = new Caller(children[place % 3]!, { script, model, fields: { max_tokens: 60 } });
        callers.push(caller);
        await caller.ended;
      }
    };
    const coming = times(CALLERS, comeAgain);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await sleep(between(random, 50, 700));
      await eventually(() => busy().length).toBeGreaterThan(0);
      const victims = busy();
      await victims[between(random, 0, victims.length - 1)]!.kill();
    }
    over = true;
    await Promise.all(coming);
    await audit(callers);
  });
});

const busy = () =>
  fleet.router.instances.filter(({ phase, inFlight }) => phase === 'serving' && inFlight > 0);

async function audit(callers: Caller[]): Promise<void> {
  const { books, fake } = fleet;
  const lost = new Map((await books.holds()).map((hold) => [hold.tag, hold]));
  expect(lost.size).toBeGreaterThan(0);
  await books.passLeases();
  expect(await fleet.router.fireTimer('sweep')).toBe(200);
  await books.expectSquare();
  const receipts = await books.receipts();
  const produced = producedBy(fake);
  for (const { name, broken, status } of callers) {
    const made = produced.get(name) ?? 0;
    const receipt = receipts.get(name);
    const hold = lost.get(name);
    if (hold) {
      expect(broken || status === 502).toBe(true);
      expect(receipt).toMatchObject({ outcome: 'expired', output: expiredOutput(hold, receipt!) });
      expect(Math.abs(receipt!.output - made)).toBeLessThanOrEqual(anInterval(hold));
    } else expect({ name, output: receipt?.output ?? 0 }).toEqual({ name, output: made });
  }
}

/** What the model usually makes between two renewals. */
const anInterval = ({ rate, intervalMs }: OpenHold) => Math.floor((rate * intervalMs) / 1e6);

const expiredOutput = (hold: OpenHold, { outHeld }: Receipt) =>
  Math.min(outHeld, hold.progress + (hold.firstToken ? anInterval(hold) : 0));

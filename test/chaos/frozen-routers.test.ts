import { beforeAll, describe, expect, it } from 'vitest';
import { Caller } from '../helpers/chaos-caller.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aFleet, type Fleet, goOn, stop } from '../helpers/chaos-fleet.ts';
import { producedBy } from '../helpers/chaos-stage.ts';

const models = ['ollama/scripted', 'openai/scripted'];
const limits = { 'tokens/month': 1_000_000, 'requests/total': 1_000, 'requests/minute': 1_000, parallel: 10 };

let fleet: Fleet;
let tenant: Awaited<ReturnType<Fleet['tenant']>>;
beforeAll(async () => {
  fleet = await aFleet();
  tenant = await fleet.tenant({ limits });
});

/** Stops the router for longer than its lease, so that it is given up, and lets it go on. */
async function sleepThrough({ name }: Caller, meanwhile = () => {}): Promise<void> {
  const { books, router } = fleet;
  const [instance] = router.instances;
  // The first renewal says that an upstream was asked.
  await eventually(async () => (await books.holds()).map(({ tag, started }) => [tag, started])).toEqual([
    [name, true],
  ]);
  stop(instance!);
  meanwhile();
  await books.giveUp();
  expect((await books.receipts()).get(name)).toMatchObject({ outcome: 'expired', final: false });
  goOn(instance!);
}

describe.each(models)(
  'a router that stands still for longer than a lease and goes on, with a call of %s',
  (model) => {
    it('in mid-stream ends the call in words, leaves the upstream, and corrects the charge to the truth', async () => {
      const caller = new Caller(tenant, {
        model,
        script: { call: `mid-stream ${model}`, says: 7, gate: 'never' },
      });
      await caller.has(7);
      await sleepThrough(caller);
      await caller.ended;
      expect([caller.code, caller.isDone, caller.broken]).toEqual(['gateway_not_ready', true, false]);
      expect(await fleet.fake.requests.at(-1)!.closed).toBe('aborted');
      expect((await fleet.books.receipts()).get(caller.name)).toMatchObject({
        outcome: 'settled',
        final: true,
        output: 7,
      });
      await fleet.books.expectSquare();
    });

    it('before the first piece ends the call in words and leaves the upstream, which nobody would pay', async () => {
      const wish = { model, script: { call: `silent ${model}`, says: 0, gate: 'never' }, stream: false };
      const caller = new Caller(tenant, wish);
      await sleepThrough(caller);
      await caller.ended;
      expect([caller.status, caller.code]).toEqual([503, 'gateway_not_ready']);
      expect(await fleet.fake.requests.at(-1)!.closed).toBe('aborted');
      expect((await fleet.books.receipts()).get(caller.name)).toMatchObject({
        outcome: 'released',
        final: true,
      });
      await fleet.books.expectSquare();
    });

    it('just before the end charges what was made, whether or not the end still came through', async () => {
      const caller = new Caller(tenant, {
        model,
        script: { call: `end ${model}`, says: 4, gate: model, more: 3 },
      });
      await caller.has(4);
      await sleepThrough(caller, () => fleet.stage.open(model));
      await caller.ended;
      expect([caller.isDone, caller.broken]).toEqual([true, false]);
      const receipt = (await fleet.books.receipts()).get(caller.name)!;
      expect(receipt).toMatchObject({ outcome: 'settled', final: true });
      expect(producedBy(fleet.fake).get(caller.name)).toBe(7);
      if (caller.code === undefined) expect([caller.pieces, receipt.output]).toEqual([7, 7]);
      else expect(receipt.output).toBe(caller.pieces);
      await fleet.books.expectSquare();
    });
  },
);

describe('a router that stands still with the last byte of each answer', () => {
  it('owes the ledger nothing at that moment', async () => {
    for (let turn = 1; turn <= 20; turn += 1) {
      const script = { call: `turn ${turn}`, says: turn };
      const caller = new Caller(tenant, { model: models[turn % 2]!, script, stream: turn % 4 < 2 });
      await caller.ended;
      expect([caller.status, caller.pieces]).toEqual([200, turn]);
      const [instance] = fleet.router.instances;
      await eventually(() => instance!.isFrozen).toBe(true);
      const receipt = (await fleet.books.receipts()).get(script.call);
      expect(receipt).toMatchObject({ outcome: 'settled', final: true, source: 'reported', output: turn });
      await fleet.books.expectSquare();
    }
    expect(fleet.router.instances).toHaveLength(1);
  });
});

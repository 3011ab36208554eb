import { beforeAll, describe, expect, it } from 'vitest';
import { Caller } from '../helpers/chaos-caller.ts';
import { times } from '../helpers/chaos-chance.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aFleet, type Fleet } from '../helpers/chaos-fleet.ts';
import { producedBy } from '../helpers/chaos-stage.ts';

const MOST = 8;
type Tenant = Awaited<ReturnType<Fleet['tenant']>>;
const limits = { 'tokens/month': 1_000_000, 'requests/day': 1_000, parallel: 100 };

/** A router that other calls keep awake, and one that stands still as soon as its only caller has hung up. */
let awake: Fleet;
let frozen: Fleet;
beforeAll(async () => {
  [awake, frozen] = await Promise.all([aFleet({ freeze: false }), aFleet({ freeze: true })]);
});

/** Reads so many pieces of an answer that then says no more, and hangs up. */
async function hangUpAfter(fleet: Fleet, tenant: Tenant, model: string, pieces: number): Promise<Caller> {
  const call = `${model} after ${pieces}`;
  const caller = new Caller(tenant, { model, script: { call, says: pieces, gate: 'never' } });
  await eventually(() => producedBy(fleet.fake).get(call)).toBe(pieces);
  await caller.has(pieces);
  const isStarted = async () => (await fleet.books.holds()).find(({ tag }) => tag === call)?.started;
  await eventually(isStarted).toBe(true);
  caller.hangUp();
  await caller.ended;
  return caller;
}

describe.each(['ollama/scripted', 'openai/scripted'])('a caller of %s who hangs up', (model) => {
  it('pays for the prompt and for the pieces that were made, after whichever of them it goes', async () => {
    const tenant = await awake.tenant({ limits });
    const callers = await Promise.all(times(MOST + 1, (pieces) => hangUpAfter(awake, tenant, model, pieces)));
    await eventually(() => awake.books.holds()).toEqual([]);
    const receipts = await awake.books.receipts();
    for (const [pieces, { name }] of callers.entries()) {
      const { promptEst, ...receipt } = receipts.get(name)!;
      expect(receipt).toMatchObject({ outcome: 'settled', final: true, reason: 'caller_gone' });
      expect([receipt.prompt, receipt.output]).toEqual([promptEst, pieces]);
      expect(producedBy(awake.fake).get(name)).toBe(pieces);
    }
    await awake.books.expectSquare();
  });

  it('pays the same when the router stood still at once, and was given up before it went on', async () => {
    const tenant = await frozen.tenant({ limits });
    const callers: Caller[] = [];
    for (let pieces = 0; pieces <= MOST; pieces += 1) {
      callers.push(await hangUpAfter(frozen, tenant, model, pieces));
      const [instance] = frozen.router.instances;
      await eventually(() => instance!.isFrozen).toBe(true);
      await frozen.books.giveUp();
      const given = (await frozen.books.receipts()).get(callers.at(-1)!.name)!;
      expect(given).toMatchObject({ outcome: 'expired', source: 'estimated', final: false });
    }
    await eventually(() => unfinished(frozen)).toBe(0);
    const receipts = await frozen.books.receipts();
    for (const [pieces, { name }] of callers.entries()) {
      expect(receipts.get(name)).toMatchObject({ outcome: 'settled', final: true, output: pieces });
      expect(producedBy(frozen.fake).get(name)).toBe(pieces);
    }
    await frozen.books.expectSquare();
  });
});

describe('a caller who hangs up while it is admitted', () => {
  it('pays for the prompt only if an upstream was asked', async () => {
    const { books, fake } = awake;
    const tenant = await awake.tenant({ limits });
    await books.sql.unsafe(SLOW_ADMISSION).simple();
    const callers = times(3, (index) => {
      return new Caller(tenant, { script: { call: `early ${index}`, says: 1, gate: 'never' } });
    });
    const isAdmitting = () => books.sql`select from pg_stat_activity where wait_event = 'PgSleep'`;
    await eventually(async () => (await isAdmitting()).length).toBeGreaterThan(0);
    for (const caller of callers) caller.hangUp();
    await eventually(async () => (await books.receipts()).has('early 2')).toBe(true);
    await books.sql`drop trigger slow on holds`;
    await eventually(() => books.holds()).toEqual([]);
    const receipts = await books.receipts();
    for (const { name } of callers) {
      const wasAsked = producedBy(fake).has(name);
      const { prompt, promptEst } = receipts.get(name)!;
      expect({ name, prompt }).toEqual({ name, prompt: wasAsked ? promptEst : 0 });
    }
    await books.expectSquare();
  });
});

const SLOW_ADMISSION = `
  create function nap() returns trigger language plpgsql as $$ begin perform pg_sleep(0.4); return new; end $$;
  create trigger slow before insert on holds execute function nap();
`;

/** The receipts to which the truth may still come; each look lets the router go on for a moment. */
async function unfinished({ router, books }: Fleet): Promise<number> {
  await fetch(`${router.url}/healthz`);
  return [...(await books.receipts()).values()].filter(({ final }) => !final).length;
}

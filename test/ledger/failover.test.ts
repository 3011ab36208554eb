import type postgres from 'postgres';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  aLedgerDatabase,
  anotherConnection,
  type LedgerDatabase,
  ledgerOn,
} from '../helpers/ledger-database.ts';
import { given, type Story } from './given.ts';
import { waitsForALock } from './waits-for-a-lock.ts';

let ledger: LedgerDatabase;
/** A second connection, for what its router does meanwhile. */
let other: postgres.Sql;

beforeAll(async () => {
  ledger = await aLedgerDatabase();
  other = anotherConnection(ledger);
});
afterEach(async () => expect(await ledger.drift()).toEqual([]));

const LIMITS = [
  { metric: 'tokens', win: 'day', amount: 200, strict: false },
  { metric: 'parallel', win: 'open', amount: 1 },
] as const;

/** Prompt 100, output 50; then the database fails over to a standby that had not heard of it. */
async function aLostCall(limits: readonly (typeof LIMITS)[number][] = LIMITS) {
  const story = await given(ledger, { limits: [...limits] });
  const call = await story.admitted({ prompt: 100, output: 50 });
  await lose(call.id);
  return { story, call };
}

const lose = (id: string) =>
  ledger.sql
    .unsafe(`
    update limits l set held = held - line.amount
      from holds h, unnest(h.line_limit, h.line_amount) as line (id, amount)
      where h.request_id = '${id}' and l.id = line.id;
    delete from holds where request_id = '${id}'`)
    .simple();

describe('a call whose hold the database lost', () => {
  it('is unknown when it is settled, and nothing changes', async () => {
    const { story, call } = await aLostCall();
    expect(await story.settle(call, 90, 40)).toMatchObject({ state: 'unknown' });
    expect(await story.limit()).toMatchObject({ used: 0, held: 0 });
    expect((await story.tables()).receipts).toEqual([]);
  });

  it('is charged when it is settled with its echo, marked as lost, all of it shown as excess', async () => {
    const { story, call } = await aLostCall();
    await story.settle(call, 90, 40);
    const settled = await story.settle(call, 90, 40, { echo: call.echo });
    expect(settled).toEqual({ state: 'closed', outcome: 'settled', prompt: 90, output: 40, cost: 130 });
    expect(await story.limit()).toMatchObject({ used: 130, held: 0 });
    expect(await story.receipt(call)).toMatchObject({ holdLost: true, lineExcess: [130, 0] });
    expect(await story.settle(call, 90, 40, { echo: call.echo })).toMatchObject({
      state: 'final',
      cost: 130,
    });
  });

  it('is charged in the window of its admission, when that was left since', async () => {
    const { story, call } = await aLostCall();
    await story.isNow('2031-06-16T00:00:01Z');
    await story.admitted({ output: 1 });
    await story.settle(call, 90, 40, { echo: call.echo });
    const { used, left } = await story.limit();
    expect(used).toBe(0);
    expect(left).toMatchObject([{ used: 130, held: 0 }]);
  });

  it('is charged in the window of its admission, when the roll-over was lost as well', async () => {
    const story = await given(ledger, { limits: [...LIMITS] });
    const before = await story.limit();
    await story.isNow('2031-06-16T00:00:01Z');
    const call = await story.admitted({ prompt: 100, output: 50 });
    await lose(call.id);
    await ledger.sql
      .unsafe(`
      update limits set starts_at = 'epoch'::timestamptz + ${before.startUs} * interval '1 microsecond',
        ends_at = 'epoch'::timestamptz + ${before.endUs} * interval '1 microsecond' where id = 1;
      delete from windows`)
      .simple();
    await story.settle(call, 90, 40, { echo: call.echo });
    expect(await story.limit()).toMatchObject({ used: 130, held: 0, startUs: before.endUs });
  });

  it('is missing when it is renewed, and is put back even above the amount', async () => {
    const { story, call } = await aLostCall();
    expect(await story.renew(call, { progress: 10 })).toBe('missing');
    await story.admitted({ prompt: 100, output: 90 }); // somebody else took the room meanwhile
    expect(await putBack(story, call)).toMatchObject({ verdict: 'admitted', cap: 50 });
    expect(await story.limit(1)).toMatchObject({ held: 340 });
    expect(await story.limit(2)).toMatchObject({ held: 2 });
    expect(await story.renew(call, { progress: 20 })).toBe('renewed');
    expect(await story.settle(call, 90, 40)).toMatchObject({ state: 'closed', cost: 130 });
    expect(await story.limit(1)).toMatchObject({ used: 130, held: 190 });
  });

  it('is put back once, however often that is asked', async () => {
    const { story, call } = await aLostCall();
    await putBack(story, call);
    await putBack(story, call);
    expect(await story.limit(1)).toMatchObject({ held: 150 });
  });

  it('is put back though its key was revoked meanwhile: it is under way', async () => {
    const { story, call } = await aLostCall();
    await ledger.sql`update keys set status = 'revoked'`;
    expect(await putBack(story, call)).toMatchObject({ verdict: 'admitted' });
  });

  it('is not put back when it was released', async () => {
    const { story, call } = await aLostCall();
    await story.release(call);
    expect(await putBack(story, call)).toMatchObject({ verdict: 'refused', reason: 'closed' });
    expect(await story.limit(1)).toMatchObject({ held: 0 });
  });

  it.each([
    ['limits', LIMITS],
    ['no limits', []],
  ])('is not put back while it is being settled, in a tenant with %s', async (_, limits) => {
    const { story, call } = await aLostCall(limits);
    const { back } = await other.begin(async (transaction) => {
      const settling = ledgerOn(ledger.url, transaction);
      await settling.settle([{ ...story.ending(call, 90, 40), echo: call.echo }]);
      const back = putBack(story, call);
      await waitsForALock(transaction, back);
      return { back };
    });
    expect(await back).toMatchObject({ verdict: 'refused', reason: 'closed' });
    await story.waits(60_000);
    expect(await ledger.sweep(10)).toBe(0);
    expect(await story.admit(story.call())).toMatchObject({ verdict: 'admitted' });
  });

  it('expires as a started call when its router does not come back either', async () => {
    const { story, call } = await aLostCall();
    await putBack(story, call);
    await story.waits(10_001);
    await ledger.sweep(10);
    expect(await story.receipt(call)).toMatchObject({
      outcome: 'expired',
      prompt: 100,
      output: 0,
      final: false,
    });
    expect(await story.limit(1)).toMatchObject({ used: 100, held: 0 });
  });

  it('lets no one above the amount while it is back', async () => {
    const { story, call } = await aLostCall();
    await story.admitted({ prompt: 100, output: 90 });
    await putBack(story, call);
    expect(await story.admit(story.call({ output: 1 }))).toMatchObject({ verdict: 'refused' });
  });
});

async function putBack(story: Story, call: Awaited<ReturnType<Story['admitted']>>) {
  const { id, router, key, address, model, messages, tools, images, bytes, latin, cjk, other } = call;
  const { output, choices, endUser, tag, echo } = call;
  const facts = { id, router, key, address, model, messages, tools, images, bytes, latin, cjk, other };
  return story.admit({ ...facts, output, choices, endUser, tag, force: echo });
}

import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aLedgerDatabase, type LedgerDatabase } from '../helpers/ledger-database.ts';
import { given } from './given.ts';

let ledger: LedgerDatabase;

beforeAll(async () => {
  ledger = await aLedgerDatabase();
});
afterEach(async () => expect(await ledger.drift()).toEqual([]));

const daily = (amount: number) => ({ limits: [{ metric: 'tokens', win: 'day', amount } as const] });

/** Prompt 100, output 50, asked an upstream, told of 20 tokens, and was never heard of again. */
async function anExpiredCall(amount: number) {
  const story = await given(ledger, daily(amount));
  const call = await story.admitted({ prompt: 100, output: 50 });
  await story.renew(call, { progress: 20 });
  await story.waits(10_001);
  expect(await ledger.sweep(10)).toBe(1);
  expect(await story.limit()).toMatchObject({ used: 120, held: 0 });
  return { story, call };
}

describe('a settle that comes after expiry', () => {
  it('takes the charge down to the truth', async () => {
    const { story, call } = await anExpiredCall(150);
    expect(await story.settle(call, 80, 10)).toMatchObject({
      state: 'corrected',
      prompt: 80,
      output: 10,
      cost: 90,
    });
    expect(await story.limit()).toMatchObject({ used: 90, held: 0 });
  });

  it('takes the charge up to the truth where there is room', async () => {
    const { story, call } = await anExpiredCall(150);
    expect(await story.settle(call, 100, 45)).toMatchObject({ state: 'corrected', prompt: 100, output: 45 });
    expect(await story.limit()).toMatchObject({ used: 145 });
  });

  it('takes the charge up only as far as there is room, and shows the rest', async () => {
    const { story, call } = await anExpiredCall(150);
    await story.admitted({ prompt: 10, output: 10 }); // 120 used, 20 held: 10 are left
    const corrected = await story.settle(call, 100, 50);
    expect(corrected).toMatchObject({ state: 'corrected', cost: 130 });
    expect(await story.limit()).toMatchObject({ used: 130, held: 20 });
    expect(await story.receipt(call)).toMatchObject({ uncharged: 20, lineExcess: [0] });
  });

  it('changes nothing the second time', async () => {
    const { story, call } = await anExpiredCall(1000);
    await story.settle(call, 80, 10);
    expect(await story.settle(call, 100, 50)).toMatchObject({ state: 'final', prompt: 80, output: 10 });
    expect(await story.release(call)).toMatchObject({ state: 'final', prompt: 80, output: 10 });
    expect(await story.limit()).toMatchObject({ used: 90 });
  });

  it('changes nothing an hour after the expiry', async () => {
    const { story, call } = await anExpiredCall(1000);
    await story.waits(3_600_000);
    expect(await story.settle(call, 80, 10)).toMatchObject({ state: 'final', prompt: 100, output: 20 });
    expect(await story.limit()).toMatchObject({ used: 120 });
  });

  it('gives everything back when the call was released', async () => {
    const { story, call } = await anExpiredCall(1000);
    expect(await story.release(call)).toMatchObject({ state: 'corrected', outcome: 'released', cost: 0 });
    expect(await story.limit()).toMatchObject({ used: 0 });
  });

  it('corrects the window of the admission, when that was left long ago', async () => {
    const { story, call } = await anExpiredCall(1000);
    await story.isNow('2031-06-16T00:00:01Z'); // by then it is final
    await story.admitted();
    expect(await story.settle(call, 80, 10)).toMatchObject({ state: 'final' });
    const late = await story.admitted({ prompt: 100, output: 50 });
    await story.renew(late, { progress: 20 });
    await story.isNow('2031-06-16T23:59:00Z');
    await ledger.sweep(10);
    await story.isNow('2031-06-17T00:00:01Z');
    await story.admitted();
    expect(await story.settle(late, 70, 7)).toMatchObject({ state: 'corrected' });
    const { used, left } = await story.limit();
    expect(used).toBe(0);
    expect(left.map((window) => window.used)).toEqual([120, 77]);
  });
});

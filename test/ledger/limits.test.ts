import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aLedgerDatabase, type LedgerDatabase } from '../helpers/ledger-database.ts';
import { given } from './given.ts';

let ledger: LedgerDatabase;

beforeAll(async () => {
  ledger = await aLedgerDatabase();
});
afterEach(async () => expect(await ledger.drift()).toEqual([]));

const tokens = (amount: number, more = {}) => ({ metric: 'tokens', win: 'day', amount, ...more }) as const;
const cost = (amount: number, more = {}) => ({ metric: 'cost', win: 'day', amount, ...more }) as const;
const setAmount = (amount: number, id = 1) =>
  ledger.sql`update limits set amount = ${amount} where id = ${id}`;

describe('what makes a path strict', () => {
  it.each([
    ['a budget of tokens', tokens(1000, { strict: true }), true],
    ['a budget of money', cost(1000, { strict: true }), true],
    ['a budget of requests', { metric: 'requests', win: 'day', amount: 5, strict: true } as const, false],
    ['a rate', { metric: 'tokens', win: 'minute', amount: 1000, strict: true } as const, false],
    ['a number of places', { metric: 'parallel', win: 'open', amount: 5, strict: true } as const, false],
  ])('%s: %o', async (_, limit, strict) => {
    const story = await given(ledger, { limits: [limit] });
    expect(await story.admitted({ prompt: 100 })).toMatchObject({ strict });
  });
});

describe('an amount that is lowered', () => {
  it('below what is used and held refuses calls, and is no drift', async () => {
    const story = await given(ledger, { limits: [tokens(200)] });
    const open = await story.admitted({ prompt: 100, output: 50 });
    await setAmount(50);
    expect(await story.admit(story.call())).toMatchObject({ verdict: 'refused' });
    expect(await ledger.drift()).toEqual([]);
    await story.settle(open, 100, 50);
    expect(await story.limit()).toMatchObject({ used: 150, peak: 200, amount: 50 });
    expect(await story.admit(story.call())).toMatchObject({ reason: 'quota' });
  });

  it('binds the children of its consumer by the path', async () => {
    const limits = [tokens(200), tokens(200, { consumerId: 2 })];
    const story = await given(ledger, { parents: [null, 1], limits });
    await setAmount(50);
    expect(await story.admit(story.call({ key: 2, prompt: 100 }))).toMatchObject({
      reason: 'quota',
      own: false,
    });
  });

  it('of a rate to nothing lets its open calls end', async () => {
    const story = await given(ledger, { limits: [{ metric: 'tokens', win: 'minute', amount: 1000 }] });
    const call = await story.admitted({ prompt: 100 });
    await setAmount(0);
    expect(await story.settle(call, 50, 5)).toMatchObject({ state: 'closed' });
    expect(await story.admit(story.call())).toMatchObject({ reason: 'quota' });
  });
});

describe('a rate', () => {
  const rate = (amount: number) => ({ metric: 'tokens', win: 'minute', amount }) as const;

  it('says exactly when the next call fits', async () => {
    const story = await given(ledger, { limits: [rate(100)] });
    await story.settle(await story.admitted({ prompt: 90 }), 90, 10);
    const refused = await story.admit(story.call({ prompt: 90 }));
    expect(refused).toMatchObject({ reason: 'rate', retryMs: 60_000 });
    await story.waits(59_999);
    expect(await story.admit(story.call({ prompt: 90 }))).toMatchObject({ reason: 'rate', retryMs: 1 });
    await story.waits(1);
    await story.admitted({ prompt: 90 });
  });

  it('is not enough for a prompt above its whole amount, and waiting does not help', async () => {
    const story = await given(ledger, { limits: [rate(100)] });
    const refused = await story.admit(story.call({ prompt: 101 }));
    expect(refused).toMatchObject({ reason: 'quota', win: 'minute' });
    expect((refused as { retryMs?: number }).retryMs ?? null).toBeNull();
  });

  it('delays later calls for what was used beyond it', async () => {
    const story = await given(ledger, { limits: [rate(100)] });
    await story.settle(await story.admitted({ prompt: 90, output: 10 }), 290, 10);
    await story.waits(60_000);
    const refused = await story.admit(story.call({ prompt: 90 }));
    expect(refused).toMatchObject({ reason: 'rate', retryMs: 120_000 });
  });

  it('is not granted twice by what comes back after its minute is over', async () => {
    const story = await given(ledger, { limits: [rate(100)] });
    const first = await story.admitted({ prompt: 90, output: 10 });
    for (let n = 0; n < 3; n += 1) {
      await story.renew(first, { intervalMs: 10_000 });
      await story.waits(20_000);
    }
    await story.admitted({ prompt: 90, output: 10 }); // all of this minute
    await story.settle(first, 5, 5);
    expect(await story.admit(story.call({ prompt: 50 }))).toMatchObject({ reason: 'rate' });
  });

  it('of money is no obstacle for what costs nothing, even when it is of nothing', async () => {
    const prices = [{ version: 1, input: 0, output: 0 }];
    const limits = [{ metric: 'cost', win: 'minute', amount: 0 } as const];
    const story = await given(ledger, { limits, model: { prices } });
    expect(await story.admit(story.call())).toMatchObject({ verdict: 'admitted' });
  });
});

describe('a key that only some networks may show', () => {
  it.each([
    ['10.1.2.3', 'admitted'],
    ['11.1.2.3', 'refused'],
    ['2001:db8::7', 'admitted'],
    ['2001:db9::7', 'refused'],
    [null, 'refused'],
  ])('from %s is %s', async (address, verdict) => {
    const story = await given(ledger, {});
    await ledger.sql`update keys set cidrs = '{10.0.0.0/8,2001:db8::/32}'`;
    expect(await story.admit(story.call({ address }))).toMatchObject({ verdict });
  });
});

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

describe('the grant of a call', () => {
  it('is what was asked for, of a model whose context nobody knows', async () => {
    const story = await given(ledger, { model: { minOutput: 64 } });
    expect(await story.admitted({ output: 500 })).toMatchObject({ cap: 500, cut: false });
  });

  it('is what a model gives by itself, where the caller does not say', async () => {
    const story = await given(ledger, { model: { defaultOutput: 300, maxOutputTokens: 1000 } });
    expect(await story.admitted({ output: null })).toMatchObject({ cap: 300, cut: false });
  });

  it('is cut to what the tightest budget leaves, and says so', async () => {
    const story = await given(ledger, { limits: [tokens(200), cost(150)] });
    expect(await story.admitted({ prompt: 100, output: 500 })).toMatchObject({ cap: 50, cut: true });
  });

  it('counts the context for each of several prompts, such as the texts of an embedding', async () => {
    const story = await given(ledger, { model: { contextTokens: 50 } });
    const call = { prompt: 100, bytes: 4_000, output: 0 };
    expect(await story.admitted(call)).toMatchObject({ estimate: 50, promptLimit: 50 });
    expect(await story.admitted({ ...call, prompts: 2 })).toMatchObject({ estimate: 100, promptLimit: 100 });
  });

  it('is shared by all the answers that were asked for', async () => {
    const story = await given(ledger, { limits: [tokens(200)] });
    const call = await story.admitted({ prompt: 99, output: 50, choices: 3 });
    expect(call).toMatchObject({ cap: 33, outputHeld: 99, cut: true });
    expect(await story.limit()).toMatchObject({ held: 198 });
  });

  it('is not made when nothing useful fits', async () => {
    const story = await given(ledger, { limits: [tokens(163)], model: { minOutput: 64 } });
    expect(await story.admit(story.call({ prompt: 100, output: 500 }))).toMatchObject({ reason: 'quota' });
    expect(await story.admit(story.call({ prompt: 100, output: 63 }))).toMatchObject({ cap: 63 });
  });

  it('is not made either when what fits is all that the model ever answers, and not useful', async () => {
    const story = await given(ledger, {
      limits: [tokens(140)],
      model: { minOutput: 64, maxOutputTokens: 32 },
    });
    expect(await story.admit(story.call({ prompt: 100, output: 500 }))).toMatchObject({ reason: 'quota' });
  });

  it('is made of a model that never answers longer than what is elsewhere too short to be useful', async () => {
    const story = await given(ledger, {
      limits: [tokens(1000)],
      model: { minOutput: 64, maxOutputTokens: 32 },
    });
    expect(await story.admit(story.call({ output: 500 }))).toMatchObject({
      verdict: 'admitted',
      cap: 32,
      cut: false,
    });
  });

  it('is nothing for a call that wants no output, such as an embedding, and needs room for its prompt alone', async () => {
    const story = await given(ledger, { limits: [tokens(100), cost(100)] });
    expect(await story.admit(story.call({ prompt: 101, output: 0, choices: 3 }))).toMatchObject({
      reason: 'quota',
    });
    expect(await story.admit(story.call({ prompt: 100, output: 0, choices: 3 }))).toMatchObject({ cap: 0 });
  });

  it('knows no bound by money where output is free', async () => {
    const prices = [{ version: 1, input: 1_000_000, output: 0 }];
    const story = await given(ledger, { limits: [cost(100)], model: { prices } });
    expect(await story.admitted({ prompt: 100, output: 5000 })).toMatchObject({ cap: 5000 });
    expect(await story.admit(story.call())).toMatchObject({ reason: 'in_flight' });
  });
});

describe('a price', () => {
  it('is that of the admission, whatever it is when the call ends', async () => {
    const story = await given(ledger, { limits: [cost(10_000)] });
    const call = await story.admitted({ prompt: 100, output: 50 });
    await ledger.sql`insert into prices values ('m1', 2, 9000000, 9000000, now())`;
    expect(await story.settle(call, 100, 50)).toMatchObject({ cost: 150 });
    expect(await story.admitted({ prompt: 100, output: 50 })).toMatchObject({ priceVersion: 2 });
  });

  it('is rounded up once for the whole call', async () => {
    const prices = [{ version: 1, input: 300_000, output: 300_000 }];
    const story = await given(ledger, { limits: [cost(10_000)], model: { prices } });
    const call = await story.admitted({ prompt: 5, output: 5 });
    expect(await story.limit()).toMatchObject({ held: 3 });
    expect(await story.settle(call, 4, 4)).toMatchObject({ cost: 3 }); // 2.4; 2 × 1.2 would be 4
  });
});

describe('a prompt that was longer than its estimate', () => {
  it('is charged, and what is above the hold is shown', async () => {
    const story = await given(ledger, { limits: [tokens(150)] });
    const call = await story.admitted({ prompt: 100, output: 50 });
    expect(await story.settle(call, 140, 50)).toMatchObject({ prompt: 140, output: 50, cost: 190 });
    expect(await story.limit()).toMatchObject({ used: 190 });
    expect(await story.receipt(call)).toMatchObject({ lineExcess: [40], uncharged: 0 });
  });

  it('is charged no more than its hard bound on a strict path', async () => {
    const story = await given(ledger, { limits: [tokens(1000, { strict: true }), cost(1000)] });
    const call = await story.admitted({ prompt: 100, bytes: 44, output: 50 });
    expect(call).toMatchObject({ estimate: 100, promptHeld: 300, strict: true });
    expect(await story.settle(call, 320, 50)).toMatchObject({ prompt: 300, output: 50 });
    expect(await story.receipt(call)).toMatchObject({ uncharged: 20, lineExcess: [0, 200] });
  });

  it('is charged, and output above its hold never is', async () => {
    const story = await given(ledger, { limits: [tokens(150)] });
    const call = await story.admitted({ prompt: 100, output: 50 });
    expect(await story.settle(call, 90, 70)).toMatchObject({ prompt: 90, output: 50 });
    expect(await story.receipt(call)).toMatchObject({ uncharged: 20 });
  });
});

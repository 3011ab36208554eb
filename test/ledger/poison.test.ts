import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Ledger } from '#shared/ledger/ledger.ts';
import { newRequestId } from '#shared/request-id.ts';
import { aLedgerDatabase, type LedgerDatabase } from '../helpers/ledger-database.ts';
import { given } from './given.ts';

type Admission = Parameters<Ledger['admit']>[0];
type Closing = Parameters<Ledger['close']>[0];
type Renewal = Parameters<Ledger['renew']>[0];

let ledger: LedgerDatabase;
let client: Ledger;

beforeAll(async () => {
  ledger = await aLedgerDatabase();
  const timeouts = { connectTimeoutMs: 5_000, queryTimeoutMs: 5_000, staleAfterMs: 60_000 };
  client = new Ledger({ url: ledger.url, maxConnections: 2, ...timeouts });
});
afterAll(() => client.disconnect());
afterEach(async () => expect(await ledger.drift()).toEqual([]));

const aCall = (facts: Partial<Admission> = {}): Admission => ({
  ...{ requestId: newRequestId(), keyId: 1, consumerId: 1, rootId: 1, address: undefined, model: 'm1' },
  prompt: { bytes: 400, latin: 384, cjk: 0, other: 0, messages: 0, tools: 0, images: 0 },
  ...{ outputCap: 10, choices: 1, prompts: 1, endUser: undefined, tag: undefined },
  ...facts,
});

const anEnd = ({ requestId }: { requestId: string }, facts: Partial<Closing> = {}): Closing => ({
  ...{ requestId, keyId: 1, consumerId: 1, rootId: 1, model: 'm1', outcome: 'settled', source: 'reported' },
  ...{ prompt: 90, output: 5, promptReported: 90, outputReported: 5, outputCounted: 5, upstream: 'a' },
  ...{ attempts: [], reason: 'stop', firstTokenMs: 10, totalMs: 20 },
  ...facts,
});

const aRenewal = ({ requestId }: { requestId: string }, facts: Partial<Renewal> = {}): Renewal => ({
  ...{ requestId, rootId: 1, started: true, upstream: 'a', progress: 1, firstToken: true, intervalMs: 1000 },
  ...facts,
});

const prompt = (facts: Partial<Admission['prompt']>) => ({ prompt: { ...aCall().prompt, ...facts } });
const HUGE = [Number.MAX_VALUE, Number.POSITIVE_INFINITY, Number.NaN, -1, 0.5, 2 ** 31, 2 ** 53];

/** What callers, upstreams and our own mistakes could put into a batch. */
const poisoned: [string, Partial<Admission>][] = [
  ...HUGE.flatMap((number): [string, Partial<Admission>][] => [
    [`${number} bytes`, prompt({ bytes: number })],
    [`${number} latin characters`, prompt({ latin: number })],
    [`${number} messages`, prompt({ messages: number })],
    [`${number} tools`, prompt({ tools: number })],
    [`${number} images`, prompt({ images: number })],
    [`an output of ${number}`, { outputCap: number }],
    [`${number} choices`, { choices: number }],
    [`key ${number}`, { keyId: number }],
  ]),
  ['a NUL in the tag', { tag: 'a\0b' }],
  ['half a character in the tag', { tag: 'a\ud800' }],
  ['a quote in the model', { model: "m1'); drop table holds; --" }],
  ['a backslash and a NUL’s escape in the user', { endUser: '\\u0000\\' }],
  ['a long tag, cut in the middle of a character', { tag: `${'x'.repeat(199)}😀` }],
  ['an address that is none', { address: "1.2.3.4'; --" }],
  ['an address with a zone', { address: 'fe80::1%eth0' }],
  ['a request id that is none', { requestId: 'req_nonsense' }],
  ['an empty request id', { requestId: '' }],
];

describe('a poisoned call in a batch', () => {
  it.each(poisoned)('with %s harms no other call', async (_, facts) => {
    const story = await given(ledger, { limits: [{ metric: 'requests', win: 'day', amount: 100 }] });
    await ledger.sql`update models set image_tokens = 1000000`;
    const calls = Array.from({ length: 12 }, () => aCall());
    const first = client.admit(aCall());
    const poison = client.admit(aCall(facts)).catch((error: unknown) => error);
    const verdicts = await Promise.all(calls.map((call) => client.admit(call)));
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(Array(12).fill('admitted'));
    await Promise.all([first, poison]);
    expect((await story.limit()).held).toBeLessThanOrEqual(14);
  });
});

describe('a poisoned end in a batch', () => {
  const ends: [string, Partial<Closing>][] = [
    ...HUGE.flatMap((number): [string, Partial<Closing>][] => [
      [`a prompt of ${number}`, { prompt: number, promptReported: number }],
      [`an output of ${number}`, { output: number, outputReported: number, outputCounted: number }],
      [`${number} ms`, { firstTokenMs: number, totalMs: number }],
    ]),
    ['a NUL in the upstream', { upstream: 'a\0b' }],
    ['a quote in the reason', { reason: "it's" }],
    ['a NUL in an attempt', { attempts: [{ upstream: 'a\0', because: '\0', failure: '\ud800' }] }],
    ['a consumer that is none', { consumerId: 2 ** 40, requestId: newRequestId() }],
    ['a request id that is none', { requestId: 'req_nonsense' }],
  ];

  it.each(ends)('with %s harms no other end', async (_, facts) => {
    const story = await given(ledger, { limits: [{ metric: 'cost', win: 'day', amount: 100_000 }] });
    const calls = Array.from({ length: 8 }, () => aCall());
    await Promise.all(calls.map((call) => client.admit(call)));
    const first = client.close(anEnd(calls[0]!));
    const poison = client.close(anEnd(calls[1]!, facts)).catch((error: unknown) => error);
    const closed = await Promise.all(calls.slice(2).map((call) => client.close(anEnd(call))));
    expect(closed.map(({ state }) => state)).toEqual(Array(6).fill('closed'));
    await Promise.all([first, poison]);
    expect((await story.tables()).receipts.length).toBeGreaterThanOrEqual(7);
  });
});

describe('a poisoned renewal in a batch', () => {
  const renewals: [string, Partial<Renewal>][] = [
    ...HUGE.map((number): [string, Partial<Renewal>] => [`progress ${number}`, { progress: number }]),
    ...HUGE.map((number): [string, Partial<Renewal>] => [`an interval of ${number}`, { intervalMs: number }]),
    ['a NUL in the upstream', { upstream: 'a\0b' }],
    ['a request id that is none', { requestId: 'req_nonsense' }],
  ];

  it.each(renewals)('with %s harms no other', async (_, facts) => {
    await given(ledger, {});
    const calls = Array.from({ length: 8 }, () => aCall());
    await Promise.all(calls.map((call) => client.admit(call)));
    const first = client.renew(aRenewal(calls[0]!));
    const poison = client.renew(aRenewal(calls[1]!, facts)).catch((error: unknown) => error);
    expect(await Promise.all(calls.slice(2).map((call) => client.renew(aRenewal(call))))).toEqual(
      Array(6).fill('renewed'),
    );
    await Promise.all([first, poison]);
  });
});

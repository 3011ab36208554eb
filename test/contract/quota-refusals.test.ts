import { RateLimitError } from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { callLines } from '../helpers/call-lines.ts';
import { anOpenCall, gated } from '../helpers/gated-model.ts';
import { limitsOf, receiptOf } from '../helpers/own-usage.ts';
import { aServedGateway, ask, type ServedGateway } from '../helpers/served-gateway.ts';
import { aLedgerClock, aPrice, aTenant, type Tenant } from '../helpers/tenant.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

let gateway: ServedGateway;
let clock: Awaited<ReturnType<typeof aLedgerClock>>;

beforeAll(async () => {
  gateway = await aServedGateway({ fake: { models: [gated], numParallel: 8 } });
  clock = await aLedgerClock(gateway, '2026-08-20T10:00:00+08:00');
});

const request = { ...ask('ollama/gated'), max_tokens: 100 };
const call = ({ client }: Tenant, rest: object = {}) =>
  client.chat.completions.create({ ...request, ...rest, stream: false });
const refusalOf = async (tenant: Tenant, rest: object = {}) => {
  const error = await thrownBy(call(tenant, rest));
  expect(error).toBeInstanceOf(RateLimitError);
  return error as RateLimitError;
};

describe('a quota that is used up', () => {
  it('is insufficient_quota, which the SDK does not try again', async () => {
    const tenant = await aTenant(gateway, { limits: ['requests/day=1'] });
    await call(tenant);
    const before = gateway.fake.requests.length;
    const headers = { 'x-client-request-id': 'used up' };
    const error = await thrownBy(tenant.client.chat.completions.create(request, { maxRetries: 2, headers }));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ status: 429, code: 'insufficient_quota', type: 'insufficient_quota' });
    const { headers: told } = error as RateLimitError;
    expect(told!.get('x-should-retry')).toBe('false');
    expect(told!.get('retry-after')).toBeNull();
    expect(gateway.fake.requests).toHaveLength(before);
    expect(await callLines(gateway, 1, 'used up')).toHaveLength(1);
  });

  it.each([
    ['tokens/day=70', 'The limit of tokens for today'],
    ['tokens/month=200', 'The limit of tokens for this month'], // strict: the prompt counts by its bytes
    ['requests/total=0', 'The limit of requests is used up'],
    ['tokens/minute=5', 'The limit of tokens for each minute'], // the prompt alone is more than a minute has
    ['cost/hour=60', 'The limit of budget for this hour'],
  ])('is told by what it is of: %s', async (limit, words) => {
    await aPrice(gateway, 'ollama/gated', 1_000_000, 1_000_000);
    const { message, code, headers } = await refusalOf(await aTenant(gateway, { limits: [limit] }));
    expect(code).toBe('insufficient_quota');
    expect(message).toContain(words);
    expect(headers!.get('x-should-retry')).toBe('false');
  });

  it('of a consumer above is told without its window or its numbers', async () => {
    const parent = await aTenant(gateway, { limits: ['tokens/day=71', 'requests/hour=3'] });
    const { message, code } = await refusalOf(await aTenant(gateway, { parentId: parent.consumerId }));
    expect(code).toBe('insufficient_quota');
    expect(message.replace('429 ', '')).not.toMatch(/\d|today|hour/);
  });

  it('leaves no receipt and takes nothing', async () => {
    const tenant = await aTenant(gateway, { limits: ['tokens/day=70', 'requests/minute=2', 'parallel=1'] });
    const { requestID } = await refusalOf(tenant);
    expect(await thrownBy(receiptOf(tenant, requestID))).toMatchObject({ status: 404 });
    expect((await limitsOf(tenant)).map(({ left }) => left)).toEqual([2, 70, 1]);
  });
});

describe('a quota that only calls under way keep', () => {
  it('is quota_in_flight: retryable, when the first of their leases would end', async () => {
    const tenant = await aTenant(gateway, { limits: ['tokens/day=170'] });
    const open = await anOpenCall(tenant);
    const error = await refusalOf(tenant);
    expect(error).toMatchObject({ code: 'quota_in_flight', type: 'insufficient_quota' });
    const retryMs = Number(error.headers!.get('retry-after-ms'));
    expect(retryMs).toBeGreaterThanOrEqual(10_000); // the shortest lease; the clock stands still
    expect(retryMs).toBeLessThanOrEqual(30_000);
    expect(error.headers!.get('retry-after')).toBe(String(Math.ceil(retryMs / 1000)));
    expect(error.headers!.get('x-should-retry')).not.toBe('false');
    await open.finish();
    expect((await call(tenant)).choices[0]!.message.content).toBe('One two');
  });
});

describe('too many requests a minute', () => {
  it('are rate_limit_exceeded, until exactly the moment that is told', async () => {
    const tenant = await aTenant(gateway, { limits: ['requests/minute=2'] });
    await call(tenant);
    await call(tenant);
    const error = await refusalOf(tenant);
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', type: 'requests' });
    expect(error.headers!.get('retry-after-ms')).toBe('30000');
    expect(error.headers!.get('retry-after')).toBe('30');
    await clock.advance('29.999 seconds');
    expect((await refusalOf(tenant)).headers!.get('retry-after-ms')).toBe('1');
    await clock.advance('1 millisecond');
    await call(tenant);
  });
});

describe('too many tokens a minute', () => {
  it('are rate_limit_exceeded of type tokens, until exactly the moment that is told', async () => {
    const tenant = await aTenant(gateway, { limits: ['tokens/minute=250'] });
    const first = await anOpenCall(tenant);
    const second = await anOpenCall(tenant);
    const error = await refusalOf(tenant);
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', type: 'tokens' });
    const taken = await Promise.all(
      [first, second].map(async ({ requestId }) => (await receiptOf(tenant, requestId)).tokens),
    );
    const third = 100 + ESTIMATE;
    const units = [...taken.map(({ prompt, output }) => prompt.estimated + output.held), third];
    const ms = units.reduce((sum, each) => sum + (each * 60_000) / 250, 0) - 60_000;
    expect(Number(error.headers!.get('retry-after-ms'))).toBe(Math.ceil(ms));
    await clock.advance(`${Math.ceil(ms)} milliseconds`);
    await call(tenant);
    for (const open of [first, second]) await open.finish();
  });
});

/** Of one message that says `Hello!`. */
const ESTIMATE = Math.ceil(6 * 0.25) + 8 + 4;

describe('too many calls at once', () => {
  it('are rate_limit_exceeded, which says that it is about concurrency, until one ends', async () => {
    const tenant = await aTenant(gateway, { keyLimits: ['parallel=1'] });
    const open = await anOpenCall(tenant);
    const error = await refusalOf(tenant);
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', type: 'requests' });
    expect(error.message).toContain('concurrency');
    expect(Number(error.headers!.get('retry-after-ms'))).toBeGreaterThan(0);
    expect((await limitsOf(tenant))[0]).toMatchObject({ metric: 'parallel', used: null, held: 1, left: 0 });
    await open.finish();
    await call(tenant);
  });
});

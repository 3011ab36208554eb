import { beforeAll, describe, expect, it } from 'vitest';
import { anOpenCall, gated } from '../helpers/gated-model.ts';
import { receiptOf } from '../helpers/own-usage.ts';
import { aServedGateway, ask, type ServedGateway } from '../helpers/served-gateway.ts';
import { aLedgerClock, aTenant, type Tenant } from '../helpers/tenant.ts';

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway({ fake: { models: [gated], numParallel: 8 } });
  await aLedgerClock(gateway, '2026-08-20T10:00:00+08:00');
});

/** What the headers of OpenAI's names say. */
const shown = (headers: Headers) =>
  Object.fromEntries(
    [...headers].flatMap(([name, value]) => (RATE.test(name) ? [[name.slice(12), value]] : [])),
  );
const RATE = /^x-ratelimit-/;

const call = async ({ client }: Tenant) => {
  const request = { ...ask('ollama/gated'), max_tokens: 100 };
  const { response } = await client.chat.completions.create(request).withResponse();
  return { headers: response.headers, requestId: response.headers.get('x-request-id')! };
};

async function heldBy(tenant: Tenant, requestId: string): Promise<number> {
  const { status, tokens } = await receiptOf(tenant, requestId);
  expect(status).toBe('open');
  return tokens.prompt.held + tokens.output.held;
}

async function usedBy(tenant: Tenant, requestId: string): Promise<number> {
  const { tokens } = await receiptOf(tenant, requestId);
  return tokens.prompt.charged! + tokens.output.charged!;
}

describe('the x-ratelimit headers', () => {
  it('fall with what other calls hold, and say the truth again once these have ended', async () => {
    const tenant = await aTenant(gateway, { limits: ['tokens/day=5000', 'requests/hour=20'] });
    const first = await anOpenCall(tenant);
    const second = await anOpenCall(tenant);
    const heldByFirst = await heldBy(tenant, first.requestId);
    const heldBySecond = await heldBy(tenant, second.requestId);
    expect(heldByFirst).toBeGreaterThan(100);
    expect(shown(first.headers)).toEqual({
      'limit-requests': '20',
      'remaining-requests': '19',
      'reset-requests': '1h0m0s',
      'limit-tokens': '5000',
      'remaining-tokens': String(5000 - heldByFirst),
      'reset-tokens': '14h0m0s',
    });
    expect(shown(second.headers)).toMatchObject({
      'remaining-requests': '18',
      'remaining-tokens': String(5000 - heldByFirst - heldBySecond),
    });
    for (const open of [first, second]) expect(await open.finish()).toMatchObject({ text: 'One two' });
    const used = (await usedBy(tenant, first.requestId)) + (await usedBy(tenant, second.requestId));
    expect(used).toBeLessThan(heldByFirst + heldBySecond);
    const third = await anOpenCall(tenant);
    expect(shown(third.headers)).toMatchObject({
      'remaining-requests': '17',
      'remaining-tokens': String(5000 - used - (await heldBy(tenant, third.requestId))),
    });
    await third.finish();
  });

  it('are on a whole answer as well', async () => {
    const tenant = await aTenant(gateway, { limits: ['requests/day=5'] });
    const { headers } = await call(tenant);
    expect(shown(headers)).toEqual({
      'limit-requests': '5',
      'remaining-requests': '4',
      'reset-requests': '14h0m0s',
    });
  });

  it('show the tightest of the levels, the key’s or its consumer’s', async () => {
    const tenant = await aTenant(gateway, {
      limits: ['requests/day=4', 'requests/minute=60', 'tokens/total=9000'],
      keyLimits: ['requests/month=100', 'tokens/minute=6000'],
    });
    const { headers, requestId } = await call(tenant);
    // A rate takes the prompt and what the model usually answers, here all that was asked for.
    const { tokens } = await receiptOf(tenant, requestId);
    const taken = tokens.prompt.estimated + 100;
    expect(shown(headers)).toEqual({
      'limit-requests': '4',
      'remaining-requests': '3',
      'reset-requests': '14h0m0s',
      'limit-tokens': '6000',
      'remaining-tokens': String(6000 - taken),
      'reset-tokens': `${taken / 100}s`,
    });
  });

  it('have no reset where no time makes a limit whole again', async () => {
    const tenant = await aTenant(gateway, { limits: ['requests/total=3'] });
    const { headers } = await call(tenant);
    expect(shown(headers)).toEqual({ 'limit-requests': '3', 'remaining-requests': '2' });
  });

  it('never show the numbers of a consumer above, not even where these bind', async () => {
    const parent = await aTenant(gateway, { limits: ['requests/day=2', 'tokens/day=1234'] });
    const place = { parentId: parent.consumerId };
    const limited = await aTenant(gateway, { ...place, limits: ['requests/month=50'] });
    const unlimited = await aTenant(gateway, place);
    expect(shown((await call(limited)).headers)).toMatchObject({
      'limit-requests': '50',
      'remaining-requests': '49',
    });
    expect(shown((await call(limited)).headers)).not.toHaveProperty('limit-tokens');
    expect(shown((await call(unlimited).catch((error) => error)).headers)).toEqual({});
  });

  it('are on a refusal too: what is left, and from when there is more', async () => {
    const tenant = await aTenant(gateway, { limits: ['requests/hour=1'] });
    await call(tenant);
    const { status, headers } = await call(tenant).catch((error) => error);
    expect(status).toBe(429);
    expect(shown(headers)).toEqual({
      'limit-requests': '1',
      'remaining-requests': '0',
      'reset-requests': '1h0m0s',
    });
  });

  it('are left out where there is no limit', async () => {
    expect(shown((await call(await aTenant(gateway))).headers)).toEqual({});
  });
});

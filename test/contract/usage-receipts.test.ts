import { beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../helpers/chat-stream.ts';
import { anOpenCall, gated } from '../helpers/gated-model.ts';
import { limitsOf, receiptOf } from '../helpers/own-usage.ts';
import { aServedGateway, ask, BACKENDS, type ServedGateway } from '../helpers/served-gateway.ts';
import { aPrice, aTenant, type Tenant } from '../helpers/tenant.ts';

let gateway: ServedGateway;
let tenant: Tenant;

beforeAll(async () => {
  gateway = await aServedGateway({ fake: { models: [gated, { name: 'tiny:latest' }], numParallel: 8 } });
  tenant = await aTenant(gateway, { limits: ['cost/total=1000yuan'] });
  for (const backend of BACKENDS) await aPrice(gateway, `${backend}/tiny`, 3_000_000, 7_000_000);
});

type Extra = { headers?: Record<string, string>; user?: string; key?: Tenant };

async function streamed(model: string, { headers, user, key = tenant }: Extra = {}) {
  const request = { ...ask(model), ...(user !== undefined && { user }) };
  const { data, response } = await key.client.chat.completions
    .create(
      { ...request, stream: true, stream_options: { include_usage: true } },
      { ...(headers && { headers }) },
    )
    .withResponse();
  const { usage } = await listen(data);
  return { usage: usage!, headers: response.headers, requestId: response.headers.get('x-request-id')! };
}

async function whole(model: string) {
  const { data, response } = await tenant.client.chat.completions
    .create({ ...ask(model), stream: false })
    .withResponse();
  const { headers } = response;
  return { usage: data.usage!, headers, requestId: headers.get('x-request-id')! };
}

const INSTANT = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const at = (instant: string | null) => Date.parse(instant!);

describe.each(BACKENDS)('the receipt of a call of the %s backend', (backend) => {
  const model = `${backend}/tiny`;

  it.each([
    ['a stream', streamed],
    ['a whole answer', whole],
  ] as const)('of %s says what its usage said, and what that costs', async (_, call) => {
    const { usage, headers, requestId } = await call(model);
    const prompt = usage.prompt_tokens;
    const output = usage.completion_tokens;
    const receipt = await receiptOf(tenant, requestId);
    expect(receipt).toEqual({
      object: 'receipt',
      id: requestId,
      model,
      status: 'settled',
      final: true,
      source: 'reported',
      tokens: {
        prompt: { estimated: 14, held: 6 + 16 + 256, reported: prompt, charged: prompt },
        output: {
          held: expect.any(Number),
          reported: output,
          counted: expect.any(Number),
          charged: output,
        },
      },
      uncharged: 0,
      cost_micro_yuan: prompt * 3 + output * 7,
      price: { version: 1, input: 3_000_000, output: 7_000_000 },
      attempts: [{ upstream: headers.get('x-gateway-backend') }],
      upstream: headers.get('x-gateway-backend'),
      reason: 'stop',
      user: null,
      tag: null,
      admitted_at: INSTANT,
      closed_at: INSTANT,
      first_token_ms: expect.any(Number),
      total_ms: expect.any(Number),
    });
    expect(receipt.tokens.output.counted).toBeGreaterThan(0);
    expect(at(receipt.closed_at)).toBeGreaterThanOrEqual(at(receipt.admitted_at));
    expect(receipt.total_ms!).toBeGreaterThanOrEqual(receipt.first_token_ms!);
  });

  it('of a whole answer says in its head where the usage comes from', async () => {
    expect((await whole(model)).headers.get('x-gateway-usage-source')).toBe('reported');
  });

  it('tells for whom and for what the call was, as its caller said', async () => {
    const { requestId } = await streamed(model, {
      user: '员工-42',
      headers: { 'x-gateway-tag': 'project: a/b' },
    });
    expect(await receiptOf(tenant, requestId)).toMatchObject({ user: '员工-42', tag: 'project: a/b' });
  });

  it('bounds what the caller said, and takes nothing that a database cannot', async () => {
    const { requestId } = await streamed(model, {
      user: `\0x\ud800${'u'.repeat(500)}`,
      headers: { 'x-gateway-tag': 't'.repeat(500) },
    });
    const { user, tag } = await receiptOf(tenant, requestId);
    expect(user).toHaveLength(128);
    expect(user!.isWellFormed() && !user!.includes('\0')).toBe(true);
    expect(tag).toBe('t'.repeat(128));
  });

  it('keeps the price of its admission, whatever the model costs later', async () => {
    const before = await streamed(model);
    const old = await receiptOf(tenant, before.requestId);
    await aPrice(gateway, model, 30_000_000, 70_000_000);
    const { requestId } = await streamed(model);
    const now = await receiptOf(tenant, requestId);
    expect(await receiptOf(tenant, before.requestId)).toEqual(old);
    expect(now.price).toEqual({ version: old.price!.version + 1, input: 30_000_000, output: 70_000_000 });
    expect(now.cost_micro_yuan).toBe(old.cost_micro_yuan! * 10);
  });
});

describe('a call that is under way', () => {
  it('shows what is held, and of what it comes to nothing yet; its price is fixed', async () => {
    await aPrice(gateway, 'ollama/gated', 1_000_000, 2_000_000);
    const limited = await aTenant(gateway, { limits: ['cost/day=1yuan'] });
    const open = await anOpenCall(limited);
    const backend = open.headers.get('x-gateway-backend');
    await expect.poll(async () => (await receiptOf(limited, open.requestId)).upstream).toBe(backend);
    const shown = await receiptOf(limited, open.requestId);
    expect(shown).toMatchObject({ status: 'open', final: false, source: null, attempts: [] });
    expect(shown).toMatchObject({ cost_micro_yuan: null, uncharged: null, reason: null, closed_at: null });
    expect(shown.tokens.prompt).toMatchObject({ held: shown.tokens.prompt.estimated, charged: null });
    expect(shown.tokens.output).toMatchObject({ held: 100, reported: null, charged: null });
    expect((await limitsOf(limited))[0]!.held).toBe(shown.tokens.prompt.held + 200);
    await aPrice(gateway, 'ollama/gated', 9_000_000, 9_000_000);
    const { usage } = await open.finish();
    expect(usage).toBeUndefined(); // it had not been asked for
    const { tokens, price, cost_micro_yuan, status } = await receiptOf(limited, open.requestId);
    expect({ status, price }).toEqual({ status: 'settled', price: { version: 1, input: 1e6, output: 2e6 } });
    expect(cost_micro_yuan).toBe(tokens.prompt.charged! + 2 * tokens.output.charged!);
    expect(await limitsOf(limited)).toMatchObject([{ used: cost_micro_yuan, held: 0 }]);
  });
});

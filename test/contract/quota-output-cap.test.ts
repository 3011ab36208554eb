import { beforeAll, describe, expect, it } from 'vitest';
import { endlessly } from '../fakes/ollama/replies.ts';
import { listen } from '../helpers/chat-stream.ts';
import { aModel } from '../helpers/gateway.ts';
import { receiptOf } from '../helpers/own-usage.ts';
import { aRawUpstream } from '../helpers/raw-upstream.ts';
import {
  aServedGateway,
  ask,
  BACKENDS,
  type Backend,
  type ServedGateway,
  upstreamPath,
} from '../helpers/served-gateway.ts';
import { aPrice, aTenant, type Tenant } from '../helpers/tenant.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

let gateway: ServedGateway;
let raw: Awaited<ReturnType<typeof aRawUpstream>>;

beforeAll(async () => {
  const models = [
    { name: 'talker:latest', reply: () => ({ pieces: endlessly('more ') }) },
    { name: 'brief:latest' },
  ];
  [gateway, raw] = await Promise.all([aServedGateway({ fake: { models, numParallel: 4 } }), aRawUpstream()]);
  const { database } = gateway;
  await aModel(database, { name: 'disobedient', backend: 'openai', address: `${raw.url}/v1` });
  const bounded = { maxOutputTokens: 500, defaultOutput: 90 };
  const address = gateway.fake.url;
  await aModel(database, {
    name: 'bounded',
    backend: 'ollama',
    address,
    upstreamModel: 'talker',
    model: bounded,
  });
  for (const backend of BACKENDS) await aPrice(gateway, `${backend}/talker`, 1_000_000, 2_000_000);
});

/** What the upstream was told of the most output tokens. */
async function capSeenBy(backend: Backend): Promise<unknown> {
  const { body } = await gateway.fake.nextRequest(upstreamPath(backend));
  return backend === 'ollama' ? (body.options as { num_predict?: number }).num_predict : body.max_tokens;
}

const whole = async ({ client }: Tenant, model: string, rest: object = {}) => {
  const request = { ...ask(model), ...rest, stream: false } as const;
  const { data, response } = await client.chat.completions.create(request).withResponse();
  return { ...data, headers: response.headers, requestId: response.headers.get('x-request-id') };
};

/** Of one message that says `Hello!`. */
const ESTIMATE = 14;

describe.each(BACKENDS)('the output that is granted, with a model of the %s backend', (backend) => {
  const model = `${backend}/talker`;

  it('is what the tokens allow: it goes upstream, and a caller who gets less is told', async () => {
    const tenant = await aTenant(gateway, { limits: ['tokens/day=200'] });
    const { choices, usage, headers, requestId } = await whole(tenant, model);
    expect(await capSeenBy(backend)).toBe(200 - ESTIMATE);
    expect(choices[0]!.finish_reason).toBe('length');
    expect(usage!.completion_tokens).toBe(200 - ESTIMATE);
    expect(headers.get('x-gateway-output-cap')).toBe(String(200 - ESTIMATE));
    const { tokens } = await receiptOf(tenant, requestId);
    expect(tokens.output).toMatchObject({ held: 200 - ESTIMATE, charged: 200 - ESTIMATE });
  });

  it('is what the money allows, in a stream as well', async () => {
    const tenant = await aTenant(gateway, { limits: ['cost/total=1000', 'cost/day=900'] });
    const request = { ...ask(model), stream: true, stream_options: { include_usage: true } } as const;
    const { data, response } = await tenant.client.chat.completions.create(request).withResponse();
    const cap = await capSeenBy(backend);
    const told = await listen(data);
    // The total is strict: of it the prompt takes its bytes and what a template may add.
    expect(cap).toBe(Math.floor((1000 - (6 + 16 + 256)) / 2));
    expect(response.headers.get('x-gateway-output-cap')).toBe(String(cap));
    expect(told).toMatchObject({ finish: 'length', usage: { completion_tokens: cap } });
  });

  it('is what the caller asks for, of which nothing need be told', async () => {
    const tenant = await aTenant(gateway, { limits: ['tokens/day=200'] });
    const { choices, headers } = await whole(tenant, model, { max_tokens: 70 });
    expect(await capSeenBy(backend)).toBe(70);
    expect(choices[0]!.finish_reason).toBe('length');
    expect(headers.get('x-gateway-output-cap')).toBeNull();
  });

  it('is refused when it would be of no use', async () => {
    const tenant = await aTenant(gateway, { limits: [`tokens/day=${ESTIMATE + 63}`] });
    expect(await thrownBy(whole(tenant, model))).toMatchObject({ code: 'insufficient_quota' });
    await whole(tenant, model, { max_tokens: 63 });
    expect(await capSeenBy(backend)).toBe(63);
  });
});

it('the output that is granted is for each choice, and that of all choices is held', async () => {
  const tenant = await aTenant(gateway, { limits: ['tokens/day=400'] });
  const { requestId } = await whole(tenant, 'openai/talker', { n: 2, max_tokens: 64 });
  expect(await capSeenBy('openai')).toBe(64);
  expect((await receiptOf(tenant, requestId)).tokens.output.held).toBe(128);
});

describe('the output of a model that the catalog bounds', () => {
  it.each([
    [{}, 90],
    [{ max_tokens: 300 }, 300],
    [{ max_tokens: 5000 }, 500],
  ])('asked for with %j is %i', async (rest, cap) => {
    const { headers } = await whole(await aTenant(gateway, { limits: ['tokens/day=9000'] }), 'bounded', rest);
    expect(await capSeenBy('ollama')).toBe(cap);
    expect(headers.get('x-gateway-output-cap')).toBeNull(); // it was not money that bounded it
  });
});

describe('an upstream that does not obey the cap', () => {
  it('is cut off there, and no more is charged than was held', async () => {
    const frame = (delta: object) => `data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`;
    raw.says('text/event-stream', frame({ content: 'more ' }).repeat(9000)); // more than one read
    const tenant = await aTenant(gateway, { limits: ['tokens/day=500'] });
    const request = { ...ask('disobedient'), max_tokens: 20, stream: true } as const;
    const { data, response } = await tenant.client.chat.completions.create(request).withResponse();
    const told = await listen(data);
    expect(told).toMatchObject({ finish: 'length', error: undefined });
    expect(told.text.length).toBeLessThan(9000 * 'more '.length);
    const { status, source, tokens } = await receiptOf(tenant, response.headers.get('x-request-id'));
    expect({ status, source }).toEqual({ status: 'settled', source: 'counted' });
    expect(tokens.output).toMatchObject({ held: 20, charged: 20 });
  });
});

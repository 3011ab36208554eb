import { beforeAll, describe, expect, it } from 'vitest';
import { newKeyToken } from '#shared/keys/key-token.ts';
import { callApi, callsOf, ollamaOf } from '../helpers/ollama-callers.ts';
import { aServedGateway, type ServedGateway } from '../helpers/served-gateway.ts';
import { aTenant } from '../helpers/tenant.ts';
import { thrownBy } from '../helpers/thrown-by.ts';
import { ErrorAnswer } from '../schemas/ollama.ts';

const messages = [{ role: 'user', content: 'Hello!' }];

let gateway: ServedGateway;
let ollama: ReturnType<typeof ollamaOf>;

beforeAll(async () => {
  gateway = await aServedGateway();
  ollama = ollamaOf(gateway);
});

const words = (text: string) => expect.stringContaining(text);

describe("what Ollama's client throws", () => {
  it('says of a wrong key that it is wrong', async () => {
    const stranger = ollamaOf({ url: gateway.url, key: newKeyToken().token });
    const error = await thrownBy(stranger.chat({ model: 'ollama/tiny', messages }));
    expect(error).toMatchObject({ name: 'ResponseError', status_code: 401, error: words('API key') });
  });

  it('says of a model that it is not there, or not for this key', async () => {
    const error = await thrownBy(ollama.chat({ model: 'no/such', messages }));
    expect(error).toMatchObject({ status_code: 404, error: words('`no/such` does not exist') });
    const load = await thrownBy(ollama.generate({ model: 'no/such', prompt: '' }));
    expect(load).toMatchObject({ status_code: 404 });
  });

  it.each([true, false])('says of a quota that it is used up; stream: %s', async (stream) => {
    const tenant = await aTenant(gateway, { limits: ['requests/day=0'] });
    const request = { model: 'ollama/tiny', messages };
    const client = ollamaOf(tenant);
    const call: Promise<unknown> = stream ? client.chat({ ...request, stream }) : client.chat(request);
    expect(await thrownBy(call)).toMatchObject({ status_code: 429, error: words('requests') });
  });

  it.each([
    ['messages[0].role', { messages: [{ role: 'wizard', content: 'Hi' }] }],
    ['messages[0].content', { messages: [{ role: 'user', content: ['Hi'] }] }],
    ['messages[0].images[0]', { messages: [{ role: 'user', content: 'Hi', images: ['data:,x'] }] }],
    ['images', { messages: [{ role: 'user', content: 'Hi', images: Array(2_001).fill('AAAA') }] }],
    ['messages[0].images', { messages: [{ role: 'system', content: 'Hi', images: ['AAAA'] }] }],
    ['messages[0].tool_calls[0].function.arguments', { messages: [calling('{"a":1}')] }],
    ['tools[0].function.name', { tools: [{ type: 'function', function: {} }] }],
    ['format', { format: 'xml' }],
    ['think', { think: 'hard' }],
    ['options.num_ctx', { options: { num_ctx: 0 } }],
    ['options.num_thread', { options: { num_thread: 4 } }],
    ['options.typical_p', { options: { typical_p: 0.5 } }],
    ['keep_alive', { messages: [], keep_alive: 0 }],
    ['model', { model: '' }],
    ['truncate', { truncate: true }],
    ['top_logprobs', { top_logprobs: 2 }],
  ])('names the field that is wrong, in one string: %s', async (field, rest) => {
    const before = callsOf(gateway, '/api/chat');
    const response = await callApi(gateway, 'chat', { model: 'ollama/tiny', messages, ...rest });
    expect(response.status).toBe(400);
    expect(ErrorAnswer.parse(await response.json()).error).toContain(field);
    expect(callsOf(gateway, '/api/chat')).toBe(before);
  });

  it('says of a context that cannot be had which it is', async () => {
    const options = { num_ctx: 4096 };
    const error = await thrownBy(ollama.chat({ model: 'ollama/tiny', messages, options }));
    expect(error).toMatchObject({ status_code: 400, error: words('(options.num_ctx)') });
  });

  it('says of a model that does not think which field asked for it', async () => {
    const error = await thrownBy(ollama.chat({ model: 'ollama/tiny', messages, think: true }));
    expect(error).toMatchObject({ status_code: 400, error: words('(think)') });
  });

  it('says of a body that is none what it is', async () => {
    const headers = { authorization: `Bearer ${gateway.key}` };
    const response = await fetch(`${gateway.url}/api/chat`, { method: 'POST', headers, body: '{' });
    expect(response.status).toBe(400);
    ErrorAnswer.parse(await response.json());
  });
});

describe('what Ollama’s callers send by habit', () => {
  it.each([
    { keep_alive: '5m' },
    { keep_alive: -1 },
    { keep_alive: 0 },
    { truncate: false, shift: false },
    { format: '' },
    { tools: [], options: null, think: null },
    { options: { num_keep: 4, mirostat: 0, penalize_newline: true, num_predict: -1, top_p: null } },
    { options: { num_predict: -2, stop: [] } },
    { template: 'of no meaning here', whatever: true },
  ])('does no harm: %j', async (rest) => {
    const response = await callApi(gateway, 'chat', {
      model: 'ollama/tiny',
      messages,
      stream: false,
      ...rest,
    });
    expect(await response.json()).toMatchObject({ done: true });
  });
});

const calling = (args: unknown) => ({
  role: 'assistant',
  content: '',
  tool_calls: [{ function: { name: 'f', arguments: args } }],
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Door, openDoor } from '#shared/http/door.ts';
import { createLog } from '#shared/log.ts';
import { createApp } from './app.ts';
import { CustomAgentConfig } from './config.ts';
import { countTokens } from './count-tokens.ts';

const SECRET = 's'.repeat(32);
const OLD_SECRET = 'o'.repeat(32);
const GREETING = /^你好！Hello! .*🎉$/;
let door: Door;

beforeAll(async () => {
  const app = createApp(CustomAgentConfig.parse({ INTERNAL_SECRET: `${SECRET},${OLD_SECRET}` }));
  const nothing = async () => {};
  const agent = {
    fetch: (request: Request, exchange: Parameters<typeof app.fetch>[1] & object) =>
      app.fetch(request, exchange),
    health: async () => ({ status: 'ok' as const }),
    initialize: nothing,
    preStop: nothing,
  };
  const log = createLog('custom-agent', () => {});
  door = await openDoor(agent, {
    address: '127.0.0.1',
    port: 0,
    log,
    drainTimeoutMs: 100,
    crossOrigin: false,
  });
});
afterAll(() => door.drain());

interface Completion {
  choices: { message: { content: string }; finish_reason: string }[];
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

const get = (path: string, authorization = `Bearer ${SECRET}`) =>
  fetch(`http://127.0.0.1:${door.port}${path}`, { headers: { authorization } });
const ask = (fields: object, authorization = `Bearer ${SECRET}`) =>
  fetch(`http://127.0.0.1:${door.port}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization },
    body: JSON.stringify({ model: 'custom-agent', messages: [{ role: 'user', content: '你好' }], ...fields }),
  });

describe('the greeter', () => {
  it('greets in one answer, with usage that adds up', async () => {
    const completion = (await (await ask({})).json()) as Completion;
    const content = completion.choices[0]?.message.content ?? '';
    expect(content).toMatch(GREETING);
    expect(completion.usage.prompt_tokens).toBe(countTokens('你好'));
    expect(completion.usage.completion_tokens).toBeGreaterThanOrEqual(countTokens(content));
    expect(completion.usage.total_tokens).toBe(
      completion.usage.prompt_tokens + completion.usage.completion_tokens,
    );
  });

  it('greets in several chunks, then the finish, the usage if asked for, and [DONE]', async () => {
    const response = await ask({ stream: true, stream_options: { include_usage: true } });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const events = (await response.text())
      .trimEnd()
      .split('\n\n')
      .map((event) => event.slice(6));
    expect(events.pop()).toBe('[DONE]');
    const chunks = events.map((event) => JSON.parse(event));
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toMatch(GREETING);
    expect(chunks.at(-2).choices[0].finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 2 } });
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
  });

  it('stops at the output cap, and says so', async () => {
    const completion = (await (await ask({ max_tokens: 4 })).json()) as Completion;
    expect(completion.choices[0]).toMatchObject({ message: { content: '你好！' }, finish_reason: 'length' });
    expect(completion.usage.completion_tokens).toBeLessThanOrEqual(4);
  });

  it('is in the list of models', async () => {
    const list = await (await get('/v1/models')).json();
    expect(list).toMatchObject({
      object: 'list',
      data: [{ id: 'custom-agent', object: 'model', type: 'chat' }],
    });
  });
});

it('an agent answers who shows the secret of before, while there are two', async () => {
  expect((await get('/v1/models', `Bearer ${OLD_SECRET}`)).status).toBe(200);
  expect((await get('/v1/models', `Bearer ${SECRET},${OLD_SECRET}`)).status).toBe(401);
});

describe('an agent refuses', () => {
  it.each(['', 'Bearer', `Bearer ${SECRET}x`, `Bearer ${'t'.repeat(32)}`, `bearer ${SECRET}`, SECRET])(
    'whoever does not show the secret of the house: %s',
    async (authorization) => {
      for (const response of [await ask({}, authorization), await get('/v1/models', authorization)]) {
        expect(response.status).toBe(401);
        expect(await response.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
      }
    },
  );

  it.each([
    [{ model: 'nobody' }, 404, { code: 'model_not_found', param: 'model' }],
    [{ messages: [] }, 400, { param: 'messages' }],
    [{ n: 2 }, 400, { code: 'unsupported_parameter', param: 'n' }],
    [{ max_tokens: -1, stream: true }, 400, { param: 'max_tokens' }],
    [{ messages: [{ role: 'user', content: 5 }], stream: true }, 400, { param: 'messages[0].content' }],
  ])('with the right status and words: %j', async (fields, status, error) => {
    const response = await ask(fields);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toMatchObject({ error });
  });

  it('what is not there', async () => {
    const response = await get('/v2');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { message: 'There is nothing here.' } });
  });
});

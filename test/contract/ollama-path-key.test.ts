import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { newKeyToken } from '#shared/keys/key-token.ts';
import { gather } from '../helpers/gather.ts';
import { ollamaByPath } from '../helpers/ollama-callers.ts';
import { aServedGateway, ask, type ServedGateway } from '../helpers/served-gateway.ts';
import { aTenant } from '../helpers/tenant.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

const TINY_SAYS = 'Hello, 世界! 🌍 Grüße.';
const hello = [{ role: 'user', content: 'Hello!' }];

let gateway: ServedGateway;
const stranger = newKeyToken().token;
/** Heads and bodies of what was answered. */
const answers: string[] = [];

beforeAll(async () => {
  gateway = await aServedGateway();
});

async function call(path: string, init: RequestInit = {}): Promise<{ status: number; body: string }> {
  const response = await fetch(`${gateway.url}${path}`, init);
  const body = await response.text();
  answers.push(JSON.stringify([...response.headers]), body);
  return { status: response.status, body };
}

const mistyped = () => gateway.key.slice(0, -1);

describe('a key at the front of the path', () => {
  it('is all that a client needs that can set no header', async () => {
    const ollama = ollamaByPath(gateway);
    const lines = await gather(await ollama.chat({ model: 'ollama/tiny', messages: hello, stream: true }));
    expect(lines.map(({ message }) => message.content).join('')).toBe(TINY_SAYS);
    expect((await ollama.generate({ model: 'ollama/tiny', prompt: 'Hello!' })).response).toBe(TINY_SAYS);
    expect((await ollama.embed({ model: 'ollama/embed', input: 'Hello!' })).embeddings).toHaveLength(1);
    expect((await ollama.list()).models.length).toBeGreaterThan(0);
  });

  it('works for every path: also those of OpenAI, and for one who only looks whether we are there', async () => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(ask('ollama/tiny'));
    const chat = await call(`/k/${gateway.key}/v1/chat/completions`, { method: 'POST', headers, body });
    expect(chat.status).toBe(200);
    expect((await call(`/k/${gateway.key}/v1/models`)).status).toBe(200);
    expect((await call(`/k/${gateway.key}/`)).body).toBe('Ollama is running');
    expect((await call(`/k/${gateway.key}`)).body).toBe('Ollama is running');
    expect((await call(`/k/${gateway.key}/healthz`)).status).toBe(200);
  });

  it('may be the one in the header, and no other', async () => {
    const header = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
    const path = `/k/${gateway.key}/api/tags`;
    expect((await call(path, header(gateway.key))).status).toBe(200);
    const { key } = await aTenant(gateway);
    const { status, body } = await call(path, header(key));
    expect({ status, ...JSON.parse(body) }).toEqual({
      status: 400,
      error: 'One key stands in a header and another in the path. Show one.',
    });
    const client = new OpenAI({ baseURL: `${gateway.url}/k/${gateway.key}/v1`, apiKey: key, maxRetries: 0 });
    expect(await thrownBy(client.models.list())).toMatchObject({ status: 400 });
  });

  it.each([
    ['a stranger’s', () => stranger],
    ['a mistyped', mistyped],
    ['no', () => ''],
  ])('that is %s key is refused like any other', async (_, key) => {
    const { status, body } = await call(`/k/${key()}/api/tags`);
    expect(status).toBe(401);
    expect(JSON.parse(body)).toEqual({ error: expect.any(String) });
  });

  it('that stands in the wrong place is not told to anybody', async () => {
    for (const path of [`/v1/k/${gateway.key}/models`, `//k/${gateway.key}/api/tags`, `/api/${gateway.key}`])
      expect((await call(path)).status).toBeGreaterThanOrEqual(400);
    const headers = { authorization: `Bearer ${gateway.key}` };
    expect((await call(`/api/${gateway.key}`, { headers })).status).toBe(404);
  });

  it('is in no line of the log, no header and no answer', async () => {
    await call(`/k/${gateway.key}/api/nothing`);
    await logHas('"/api/nothing"');
    const told = [...gateway.log, ...answers].join('\n');
    expect(told).toContain('"path":"/api/chat"');
    for (const key of [gateway.key, stranger, mistyped()]) expect(told).not.toContain(key.split('-').at(-1));
  });
});

async function logHas(words: string): Promise<void> {
  while (!gateway.log.some((line) => line.includes(words))) {
    await sleep(10);
    await fetch(`${gateway.url}/healthz`); // a process that stands still writes nothing
  }
}

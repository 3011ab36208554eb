import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeOllama, startFakeOllama } from '../fakes/ollama/fake-ollama.ts';
import { aGateway, aModel, type TestGateway } from '../helpers/gateway.ts';

let ollama: FakeOllama;
let gateway: TestGateway;

beforeAll(async () => {
  ollama = await startFakeOllama();
  afterAll(() => ollama.stop());
  const environment = { router: { FIRST_SIGN_OF_LIFE_MS: '50', SIGN_OF_LIFE_EVERY_MS: '50' } };
  gateway = await aGateway({ environment });
  await aModel(gateway.database, {
    name: 'tiny',
    upstreamModel: 'tiny:latest',
    backend: 'ollama',
    address: ollama.url,
  });
});

/** Asks over a bare socket, as a browser would: with an Origin. */
async function ask(stream: boolean): Promise<Promise<IncomingMessage>> {
  const headers = { authorization: `Bearer ${gateway.key}`, origin: 'https://chat.example' };
  const sent = request(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers });
  sent.end(JSON.stringify({ model: 'tiny', stream, messages: [{ role: 'user', content: 'Hello' }] }));
  const reply = once(sent, 'response').then(([response]) => response as IncomingMessage);
  return reply;
}

async function textOf(reply: IncomingMessage, enough = (_text: string) => false): Promise<string> {
  let text = '';
  for await (const chunk of reply.iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (enough(text)) break;
  }
  return text;
}

describe('a stream from a model that is still loading', () => {
  it('has its head, its request id, CORS and several comments before the model says anything', async () => {
    const load = ollama.holdLoads();
    const reply = await await ask(true);
    expect(reply.statusCode).toBe(200);
    expect(reply.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-request-id': expect.stringMatching(/^req_[0-9a-f]{32}$/),
      'access-control-allow-origin': '*',
      'access-control-expose-headers': expect.stringContaining('x-request-id'),
    });
    const comments = await textOf(reply, (text) => text.split('\n').length > 3);
    expect(comments).toMatch(/^(: keep-alive\n)+$/);
    load();
    const answer = await textOf(reply);
    expect(answer).toContain('"role":"assistant"');
    expect(answer.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('fails inside the stream when it fails after its head, and ends properly', async () => {
    ollama.faults.next({ kind: 'hang-before-head' });
    const reply = await await ask(true);
    await textOf(reply, (text) => text.includes(': keep-alive'));
    await ollama.stop();
    const rest = await textOf(reply);
    expect(rest).toMatch(/data: \{"error":\{.*"code":"upstream_error"\}\}\n\ndata: \[DONE\]\n\n$/);
    ollama = await startFakeOllama({ port: ollama.port });
  });
});

describe('an answer without a stream', () => {
  it('shows no sign of life, so that its status is right', async () => {
    ollama.faults.next({ kind: 'error-status', status: 500, message: 'llama runner has died' });
    const reply = await await ask(false);
    expect(reply.statusCode).toBe(502);
  });
});

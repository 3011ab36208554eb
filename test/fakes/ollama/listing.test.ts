import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeOllama, startFakeOllama } from './fake-ollama.ts';
import { ask, json, post } from './test-client.ts';

let fake: FakeOllama;
beforeEach(async () => {
  fake = await startFakeOllama();
});
afterEach(() => fake.stop());

const get = (path: string) => fetch(fake.url + path);

describe('the listing routes', () => {
  it('says that Ollama is running, to GET and HEAD', async () => {
    expect(await (await get('/')).text()).toBe('Ollama is running');
    const head = await fetch(fake.url, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('tells the version it was given', async () => {
    await using other = await startFakeOllama({ version: '0.12.3' });
    expect(await json(fetch(`${other.url}/api/version`))).toEqual({ version: '0.12.3' });
    expect(await json(get('/api/version'))).toEqual({ version: '0.33.0' });
  });

  it('lists the models under short names, with a digest that has no prefix', async () => {
    const { models } = (await json(get('/api/tags'))) as { models: Record<string, unknown>[] };
    expect(models.map(({ name }) => name)).toEqual([
      'tiny:latest',
      'thinker:8b',
      'embed:latest',
      'seer:latest',
    ]);
    expect(models[1]).toMatchObject({
      model: 'thinker:8b',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      details: { format: 'gguf', family: 'qwen3', quantization_level: 'Q4_K_M', context_length: 32_768 },
      capabilities: ['completion', 'tools', 'thinking'],
    });
  });

  it('shows a loaded model with its context and its expiry, and nothing before', async () => {
    expect(await json(get('/api/ps'))).toEqual({ models: [] });
    await post(
      fake,
      '/api/chat',
      ask('hi', { keep_alive: '10m', options: { num_ctx: 2048 }, stream: false }),
    );
    const { models } = (await json(get('/api/ps'))) as { models: { expires_at: string }[] };
    expect(models).toMatchObject([{ name: 'tiny:latest', context_length: 2048, size_vram: 4_920_753_328 }]);
    expect(Date.parse(models[0]!.expires_at)).toBeGreaterThan(Date.now() + 300_000);
  });

  it('describes a model by `model` or by `name`', async () => {
    const shown = await json(post(fake, '/api/show', { model: 'thinker:8b' }));
    expect(shown).toMatchObject({
      capabilities: ['completion', 'tools', 'thinking'],
      model_info: { 'general.architecture': 'qwen3', 'qwen3.context_length': 32_768 },
      details: { parameter_size: '8.0B' },
    });
    expect(await json(post(fake, '/api/show', { name: 'thinker:8b' }))).toEqual(shown);
  });

  it('lists the models for OpenAI clients, with `null` when there are none', async () => {
    await using empty = await startFakeOllama({ models: [] });
    expect(await json(get('/v1/models'))).toMatchObject({
      object: 'list',
      data: [{ id: 'tiny:latest', object: 'model', created: 1_787_192_130, owned_by: 'library' }, {}, {}, {}],
    });
    expect(await json(fetch(`${empty.url}/v1/models`))).toEqual({ object: 'list', data: null });
  });

  it('retrieves one model, whose name may not have a slash', async () => {
    expect(await json(get('/v1/models/thinker:8b'))).toMatchObject({ id: 'thinker:8b', object: 'model' });
    expect((await get('/v1/models/ns/thinker')).status).toBe(404);
    const missing = await get('/v1/models/none');
    expect(missing.status).toBe(404);
    expect(await missing.json()).toEqual({
      error: { message: "model 'none' not found", type: 'not_found_error', param: null, code: null },
    });
  });
});

describe('a request that has no route', () => {
  it.each([
    ['GET', '/metrics', 404, '404 page not found'],
    ['GET', '/api/chat', 405, '405 method not allowed'],
    ['POST', '/api/pull', 404, '404 page not found'],
  ])('%s %s gets gin’s plain %i, and is recorded', async (method, path, status, text) => {
    const response = await fetch(fake.url + path, { method });
    expect([response.status, await response.text()]).toEqual([status, text]);
    expect(response.headers.get('content-type')).toBe('text/plain');
    expect(fake.requests.at(-1)).toMatchObject({ method, path });
  });
});

describe('a foreign client', () => {
  const statusFor = (headers: Record<string, string>) =>
    new Promise<[number | undefined, string]>((resolve, reject) => {
      const sent = request(`${fake.url}/api/tags`, { headers }, async (response) => {
        let body = '';
        for await (const part of response) body += part;
        resolve([response.statusCode, body]);
      });
      sent.on('error', reject).end();
    });

  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { host: 'ollama.example.com' },
    { host: '8.8.8.8:11434' },
  ])('with %o gets 403 and no body', async (headers) => {
    expect(await statusFor(headers)).toEqual([403, '']);
  });

  it.each([
    { origin: 'http://localhost:3000' },
    { origin: 'app://obsidian.md' },
    { host: 'gpu.internal' },
    { host: '127.0.0.1:11434' },
  ])('with %o is none', async (headers) => {
    expect((await statusFor(headers))[0]).toBe(200);
  });
});

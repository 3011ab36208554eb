import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RUNNER_DIED } from './errors.ts';
import { type FakeOllama, startFakeOllama } from './fake-ollama.ts';
import { ask, json, post } from './test-client.ts';

let fake: FakeOllama;
beforeEach(async () => {
  fake = await startFakeOllama();
  fake.models.add({ name: 'broken', loadFailure: 'llama-server process has terminated: exit status 2' });
  fake.models.add({ name: 'big:cloud', cloud: 'disabled' });
  fake.models.add({ name: 'far:cloud', cloud: 'unauthorized' });
});
afterEach(() => fake.stop());

const tools = [{ type: 'function', function: { name: 'f' } }];

describe('a native error', () => {
  it.each<[string, unknown, number, string]>([
    ['/api/chat', '', 400, 'missing request body'],
    ['/api/chat', 'x', 400, "invalid character 'x' looking for beginning of value"],
    ['/api/chat', '{"model":', 400, 'unexpected EOF'],
    ['/api/chat', '[]', 400, 'json: cannot unmarshal array into Go value of type api.ChatRequest'],
    [
      '/api/chat',
      { model: 1 },
      400,
      'json: cannot unmarshal number into Go struct field ChatRequest.model of type string',
    ],
    [
      '/api/chat',
      ask('x', { messages: [{ role: 'user', content: [] }] }),
      400,
      'json: cannot unmarshal array into Go struct field ChatRequest.messages.content of type string',
    ],
    ['/api/chat', { messages: [] }, 400, 'model is required'],
    ['/api/generate', { prompt: 'x' }, 404, "model '' not found"],
    ['/api/embed', { input: 'x' }, 404, "model '' not found"],
    ['/api/show', {}, 400, 'model is required'],
    ['/api/show', { model: 'bad name!' }, 400, 'invalid model name'],
    ['/api/chat', ask('x', { model: 'x' }), 404, "model 'x' not found"],
    ['/api/generate', { model: 'x' }, 404, "model 'x' not found"],
    ['/api/show', { model: 'x' }, 404, "model 'x' not found"],
    ['/api/embed', { model: 'x' }, 404, 'model "x" not found, try pulling it first'],
    ['/api/embeddings', { model: 'x' }, 404, 'model "x" not found, try pulling it first'],
    ['/api/chat', ask('x', { tools }), 400, 'registry.ollama.ai/library/tiny:latest does not support tools'],
    ['/api/chat', ask('x', { think: true }), 400, '"tiny" does not support thinking'],
    ['/api/generate', { model: 'tiny', prompt: 'x', think: 'low' }, 400, '"tiny" does not support thinking'],
    [
      '/api/chat',
      ask('x', { think: 'lots' }),
      400,
      'invalid think value: "lots" (must be "high", "medium", "low", "max", true, or false)',
    ],
    ['/api/chat', ask('x', { model: 'embed' }), 400, '"embed" does not support chat'],
    ['/api/generate', { model: 'embed', prompt: 'x' }, 400, '"embed" does not support generate'],
    [
      '/api/generate',
      { model: 'tiny', prompt: 'x', suffix: 'y' },
      400,
      'registry.ollama.ai/library/tiny:latest does not support insert',
    ],
    [
      '/api/generate',
      { model: 'tiny', prompt: 'x', raw: true, system: 's' },
      400,
      'raw mode does not support template, system, or context',
    ],
    [
      '/api/chat',
      ask('x', { options: { temperature: 'hot' } }),
      500,
      'option "temperature" must be of type float32',
    ],
    ['/api/chat', ask('x', { options: { num_ctx: '4k' } }), 500, 'option "num_ctx" must be of type integer'],
    ['/api/chat', ask('x', { options: { stop: 'x' } }), 500, 'option "stop" must be of type array'],
    ['/api/chat', ask('x', { keep_alive: '300' }), 400, 'time: missing unit in duration "300"'],
    ['/api/chat', ask('x', { keep_alive: 'soon' }), 400, 'time: invalid duration "soon"'],
    ['/api/embed', { model: 'embed', input: 7 }, 400, 'invalid input type'],
    ['/api/chat', ask('x', { model: 'broken' }), 500, 'llama-server process has terminated: exit status 2'],
    [
      '/api/chat',
      ask('x', { model: 'big:cloud' }),
      403,
      'ollama cloud is disabled: remote model is unavailable',
    ],
  ])('of %s for %j is %i with its own words', async (path, body, status, error) => {
    const response = await post(fake, path, body);
    expect([response.status, await response.json()]).toEqual([status, { error }]);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  it('ignores options that it does not know, images for a text model, and null', async () => {
    const messages = [{ role: 'user', content: 'x', images: ['aGk='] }];
    const body = {
      model: 'tiny',
      messages,
      options: { mirostat: 'x', seed: null },
      keep_alive: null,
      think: null,
    };
    expect((await post(fake, '/api/chat', body)).status).toBe(200);
  });

  it('names the place to sign in at', async () => {
    const response = await post(fake, '/api/chat', ask('x', { model: 'far:cloud' }));
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      error: 'unauthorized',
      signin_url: expect.stringMatching(/^https:/),
    });
  });

  it('may itself be a JSON text, as llama-server wrote it', async () => {
    const message =
      '{"error":{"code":400,"message":"request (9 tokens) exceeds the available context size (8 tokens)"}}';
    fake.faults.next({ kind: 'error-status', status: 400, message });
    const response = await post(fake, '/api/chat', ask('x'));
    expect([response.status, await response.json()]).toEqual([400, { error: message }]);
  });

  it('can be the death of the runner', async () => {
    fake.faults.next({ kind: 'error-status', status: 500, message: RUNNER_DIED });
    expect((await json(post(fake, '/api/chat', ask('x')))).error).toMatch(
      /^model runner has unexpectedly stopped/,
    );
  });
});

describe('an error for an OpenAI client', () => {
  const image = (url: string) =>
    ask('x', {
      model: 'seer',
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
    });
  const called = (args: string) =>
    ask('x', {
      messages: [
        { role: 'assistant', content: '', tool_calls: [{ function: { name: 'f', arguments: args } }] },
      ],
    });

  it.each<[unknown, number, string, string]>([
    ['', 400, 'invalid_request_error', 'EOF'],
    [{ model: 'tiny', messages: [] }, 400, 'invalid_request_error', "[] is too short - 'messages'"],
    [ask('x', { model: 'x' }), 404, 'not_found_error', "model 'x' not found"],
    [
      ask('x', { tools }),
      400,
      'invalid_request_error',
      'registry.ollama.ai/library/tiny:latest does not support tools',
    ],
    [
      ask('x', { reasoning_effort: 'high' }),
      400,
      'invalid_request_error',
      '"tiny" does not support thinking',
    ],
    [
      ask('x', { reasoning_effort: 'lots' }),
      400,
      'invalid_request_error',
      `invalid reasoning value: 'lots' (must be "high", "medium", "low", "max", or "none")`,
    ],
    [
      image('http://x/y.png'),
      400,
      'invalid_request_error',
      'image URLs are not currently supported, please use base64 encoded data instead',
    ],
    [image('data:image/gif;base64,aGk='), 400, 'invalid_request_error', 'invalid image input'],
    [called('[1]'), 400, 'invalid_request_error', 'invalid tool call arguments'],
    [
      ask('x', { messages: [{ role: 'user', content: null }] }),
      400,
      'invalid_request_error',
      'invalid message content type: <nil>',
    ],
    [ask('x', { model: 'broken' }), 500, 'api_error', 'llama-server process has terminated: exit status 2'],
  ])('for %j is %i', async (body, status, type, message) => {
    const response = await post(fake, '/v1/chat/completions', body);
    expect([response.status, await response.json()]).toEqual([
      status,
      { error: { message, type, param: null, code: null } },
    ]);
  });

  it('is refused for a prompt that is a list', async () => {
    expect((await post(fake, '/v1/completions', { model: 'tiny', prompt: ['a'] })).status).toBe(400);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeOllama, startFakeOllama } from './fake-ollama.ts';
import { json, linesOf, post } from './test-client.ts';

let fake: FakeOllama;
beforeEach(async () => {
  fake = await startFakeOllama();
});
afterEach(() => fake.stop());

const generate = (body: unknown) => post(fake, '/api/generate', body);

describe('a generation', () => {
  it('streams `response` and ends with the token ids of prompt and answer', async () => {
    const lines = await linesOf(generate({ model: 'tiny', prompt: 'hi' }));
    expect(lines.map(({ response }) => response).join('')).toBe('Hello, 世界! 🌍 Grüße.');
    const done = lines.at(-1)!;
    expect(done).toMatchObject({ model: 'tiny', response: '', done: true, done_reason: 'stop' });
    expect(done.context).toHaveLength(Number(done.prompt_eval_count) + Number(done.eval_count));
    expect(lines[0]).not.toHaveProperty('context');
  });

  it('keeps the token ids to itself in raw mode', async () => {
    expect(
      await json(generate({ model: 'tiny', prompt: 'hi', raw: true, stream: false })),
    ).not.toHaveProperty('context');
  });

  it('has thinking beside the response', async () => {
    const answer = await json(generate({ model: 'thinker:8b', prompt: 'hi', stream: false }));
    expect(answer).toMatchObject({ response: '答案是 42.', thinking: '让我想想… 🤔' });
  });

  it('sees images and the system prompt', async () => {
    const answer = await json(
      generate({ model: 'seer', prompt: 'hi', system: 's', images: ['aGk='], stream: false }),
    );
    expect(answer.response).toBe('I see 1 张图片 🖼️');
  });
});

describe('a generation without a prompt', () => {
  it('loads the model, and says so in one JSON object', async () => {
    const response = generate({ model: 'tiny' });
    expect((await response).headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await json(response)).toEqual({
      model: 'tiny',
      created_at: expect.any(String),
      response: '',
      done: true,
      done_reason: 'load',
    });
    expect(fake.loads).toMatchObject([{ model: 'tiny:latest', ending: 'loaded' }]);
  });

  it('unloads it with keep_alive 0', async () => {
    await generate({ model: 'tiny' });
    expect(await json(generate({ model: 'tiny', keep_alive: 0 }))).toMatchObject({
      done: true,
      done_reason: 'unload',
    });
    expect(await json(fetch(`${fake.url}/api/ps`))).toEqual({ models: [] });
  });

  it('means the same to a chat without messages', async () => {
    expect(await json(post(fake, '/api/chat', { model: 'tiny' }))).toMatchObject({
      message: { role: 'assistant', content: '' },
      done_reason: 'load',
    });
  });
});

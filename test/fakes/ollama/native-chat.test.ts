import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeOllama, startFakeOllama } from './fake-ollama.ts';
import type { JsonObject } from './go-json.ts';
import type { ReplyPiece } from './replies.ts';
import { ask, json, linesOf, post } from './test-client.ts';

let fake: FakeOllama;
beforeEach(async () => {
  fake = await startFakeOllama();
});
afterEach(() => fake.stop());

const chat = (body: unknown) => post(fake, '/api/chat', body);
const messageOf = (line: JsonObject | undefined) => line?.message as JsonObject;
const said = (lines: JsonObject[], field = 'content') =>
  lines.map((line) => messageOf(line)[field] ?? '').join('');
const tool = { type: 'function', function: { name: 'weather', parameters: { type: 'object' } } };

describe('a chat', () => {
  it('streams NDJSON unless told not to, and ends with done and the counts', async () => {
    const response = chat(ask('hi'));
    expect((await response).headers.get('content-type')).toBe('application/x-ndjson');
    const lines = await linesOf(response);
    expect(said(lines)).toBe('Hello, 世界! 🌍 Grüße.');
    expect(lines[0]).toEqual({
      model: 'tiny',
      created_at: expect.any(String),
      message: { role: 'assistant', content: 'Hello,' },
      done: false,
    });
    expect(lines.at(-1)).toMatchObject({
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: 'stop',
      prompt_eval_count: 5,
      eval_count: lines.length - 1,
    });
    expect(lines.at(-1)!.total_duration).toBeGreaterThan(1_000);
  });

  it('answers with one object when not streamed', async () => {
    const response = chat(ask('hi', { stream: false }));
    expect((await response).headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await json(response)).toMatchObject({
      message: { role: 'assistant', content: 'Hello, 世界! 🌍 Grüße.' },
      done: true,
      done_reason: 'stop',
      eval_count: expect.any(Number),
    });
  });

  it('calls the model as the request did', async () => {
    const lines = await linesOf(chat(ask('hi', { model: 'library/TINY:latest' })));
    expect(new Set(lines.map(({ model }) => model))).toEqual(new Set(['library/TINY:latest']));
  });

  it('lets a script see what the model would see', async () => {
    fake.models.add({ name: 'echo', reply: ({ messages }) => `you said <${messages.at(-1)?.content}>` });
    const response = await chat(ask('再见 & so', { model: 'echo', stream: false }));
    const text = await response.text();
    // Go writes these three characters escaped.
    expect(text).toContain('you said \\u003c再见 \\u0026 so\\u003e');
  });

  it('stops at num_predict and says so', async () => {
    const lines = await linesOf(chat(ask('hi', { options: { num_predict: 3 } })));
    expect(lines).toHaveLength(4);
    expect(lines.at(-1)).toMatchObject({ done_reason: 'length', eval_count: 3 });
  });

  it('leaves a count of zero out', async () => {
    const [done] = await linesOf(chat(ask('hi', { options: { num_predict: 0 } })));
    expect(done).toMatchObject({ done: true, done_reason: 'length' });
    expect(done).not.toHaveProperty('eval_count');
  });

  it('takes counts, end and last words from the script', async () => {
    const pieces: ReplyPiece[] = [{ text: 'a' }, { text: 'b' }];
    const reply = {
      pieces,
      textOnDone: 'c',
      doneReason: 'length',
      promptTokens: 11,
      outputTokens: 18,
    } as const;
    fake.models.add({ name: 'script', reply });
    const lines = await linesOf(chat(ask('hi', { model: 'script' })));
    expect(lines.at(-1)).toMatchObject({
      message: { content: 'c' },
      done_reason: 'length',
      prompt_eval_count: 11,
      eval_count: 18,
    });
  });
});

describe('thinking', () => {
  it('is on by default for a model that can, and comes before the content', async () => {
    const lines = await linesOf(chat(ask('hi', { model: 'thinker:8b' })));
    expect(said(lines, 'thinking')).toBe('让我想想… 🤔');
    expect(said(lines)).toBe('答案是 42.');
    expect(lines.findLastIndex((line) => messageOf(line).thinking)).toBe(2);
    expect(messageOf(lines[3])).not.toHaveProperty('thinking');
  });

  it('is off with think:false, and its tokens are not counted', async () => {
    const loud = await json(chat(ask('hi', { model: 'thinker:8b', stream: false })));
    const quiet = await json(chat(ask('hi', { model: 'thinker:8b', stream: false, think: false })));
    expect(messageOf(loud).thinking).toBe('让我想想… 🤔');
    expect(messageOf(quiet)).toEqual({ role: 'assistant', content: '答案是 42.' });
    expect(Number(loud.eval_count) - Number(quiet.eval_count)).toBe(3);
  });

  it('may be switched off on every model, and given as a level', async () => {
    expect((await chat(ask('hi', { think: false }))).status).toBe(200);
    expect((await chat(ask('hi', { think: 'high', model: 'thinker:8b' }))).status).toBe(200);
  });
});

describe('a tool call', () => {
  const call = { id: 'call_ab12cd34', name: 'f', arguments: { city: '北京' } };

  it('comes in a chunk of its own, whole, with its arguments as an object', async () => {
    const lines = await linesOf(chat(ask('weather?', { model: 'thinker:8b', tools: [tool] })));
    expect(messageOf(lines.at(-2)).tool_calls).toEqual([
      {
        id: expect.stringMatching(/^call_[0-9a-f]{8}$/),
        function: { index: 0, name: 'weather', arguments: { city: '北京', days: 2 } },
      },
    ]);
    expect(lines.at(-1)).toMatchObject({ done: true, done_reason: 'stop' });
  });

  it('comes with the done object where llama-server parses it', async () => {
    const reply = {
      pieces: [{ toolCall: call }, { toolCall: { ...call, id: 'b' } }],
      toolCallsOn: 'done-chunk',
    } as const;
    fake.models.add({ name: 'late', capabilities: ['completion', 'tools'], reply });
    const lines = await linesOf(chat(ask('x', { model: 'late', tools: [tool] })));
    expect(lines).toHaveLength(1);
    expect(messageOf(lines[0]).tool_calls).toEqual([
      { id: 'call_ab12cd34', function: { index: 0, name: 'f', arguments: { city: '北京' } } },
      { id: 'b', function: { index: 1, name: 'f', arguments: { city: '北京' } } },
    ]);
  });

  it('is followed by words once the tool has answered', async () => {
    const messages = [
      { role: 'user', content: 'x' },
      { role: 'TOOL', content: '21°', tool_name: 'weather' },
    ];
    const lines = await linesOf(chat({ model: 'thinker:8b', messages, tools: [tool] }));
    expect(said(lines)).toBe('答案是 42.');
  });
});

describe('a prompt longer than the window', () => {
  const early = Array.from({ length: 20 }, (_, at) => ({
    role: 'user',
    content: `${at} ${'x'.repeat(400)}`,
  }));
  const messages = [{ role: 'system', content: 'S' }, ...early, { role: 'user', content: 'last' }];
  const body = { model: 'seen', messages, stream: false };
  let kept: string[] = [];
  beforeEach(() => {
    const reply = ({ messages }: { messages: { content: string }[] }) => {
      kept = messages.map(({ content }) => content.slice(0, 4).trim());
      return 'ok';
    };
    fake.models.add({ name: 'seen', reply });
  });

  it('loses its oldest messages in silence, but neither the system message nor the last', async () => {
    const answer = await json(chat({ ...body, options: { num_ctx: 512 } }));
    expect(kept).toEqual(['S', '16 x', '17 x', '18 x', '19 x', 'last']);
    expect(answer.prompt_eval_count).toBeLessThanOrEqual(512);
  });

  it('is cut to about half the window when a single message is too long', async () => {
    const answer = await json(chat(ask('x'.repeat(40_000), { model: 'seen', stream: false })));
    expect(answer.prompt_eval_count).toBe(2050);
  });

  it('is refused with truncate and shift off', async () => {
    const response = await chat({ ...body, options: { num_ctx: 512 }, truncate: false, shift: false });
    expect(response.status).toBe(400);
    expect((await json(Promise.resolve(response))).error).toMatch(
      /^the prompt is longer than the context length currently available to the model; /,
    );
  });

  it('leaves the answer no more than the rest of a window that may not shift', async () => {
    const pieces = Array.from({ length: 50 }, () => ({ text: 'x' }));
    fake.models.add({ name: 'long', reply: { pieces } });
    const options = { num_ctx: 20 };
    const answer = await json(
      chat(ask('hi', { model: 'long', options, truncate: false, shift: false, stream: false })),
    );
    expect(answer).toMatchObject({ done_reason: 'length', prompt_eval_count: 5, eval_count: 15 });
  });
});

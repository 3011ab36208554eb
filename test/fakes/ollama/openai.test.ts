import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeOllama, startFakeOllama } from './fake-ollama.ts';
import type { JsonObject } from './go-json.ts';
import type { ModelInput } from './replies.ts';
import { ask, eventsOf, json, post } from './test-client.ts';

let fake: FakeOllama;
beforeEach(async () => {
  fake = await startFakeOllama();
});
afterEach(() => fake.stop());

type Chunk = JsonObject & { choices: { delta: JsonObject; finish_reason: string | null; text?: string }[] };
const chat = (body: unknown) => post(fake, '/v1/chat/completions', body);
const chunksOf = async (body: JsonObject) =>
  (await eventsOf(chat({ ...body, stream: true }))) as [...Chunk[], '[DONE]'];
const deltas = (chunks: unknown[]) => (chunks as Chunk[]).map((chunk) => chunk.choices?.[0]?.delta);
const tool = { type: 'function', function: { name: 'weather' } };

describe('a streamed chat completion', () => {
  it('has the role once, a finish chunk with an empty delta, and [DONE]', async () => {
    fake.models.add({ name: 'two', reply: { pieces: [{ text: '你' }, { text: '好' }] } });
    const response = chat(ask('hi', { model: 'two', stream: true }));
    expect((await response).headers.get('content-type')).toBe('text/event-stream');
    const base = {
      id: expect.stringMatching(/^chatcmpl-\d{1,3}$/),
      object: 'chat.completion.chunk',
      created: expect.any(Number),
      model: 'two',
      system_fingerprint: 'fp_ollama',
    };
    const choice = (delta: JsonObject, finish_reason: string | null = null) => [
      { index: 0, delta, finish_reason },
    ];
    expect(await eventsOf(response)).toEqual([
      { ...base, choices: choice({ role: 'assistant', content: '你' }) },
      { ...base, choices: choice({ content: '好' }) },
      { ...base, choices: choice({}, 'stop') },
      '[DONE]',
    ]);
  });

  it('has one id and one time for all its chunks', async () => {
    const chunks = (await chunksOf(ask('hi'))).slice(0, -1) as Chunk[];
    expect(new Set(chunks.map(({ id, created }) => `${id} ${created}`)).size).toBe(1);
  });

  it('tells the usage only when asked, in a chunk without choices', async () => {
    const plain = (await chunksOf(ask('hi'))).slice(0, -1) as Chunk[];
    expect(plain.some((chunk) => 'usage' in chunk)).toBe(false);
    const chunks = await chunksOf(ask('hi', { stream_options: { include_usage: true } }));
    expect(chunks.at(-2)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 5, completion_tokens: plain.length - 1, total_tokens: 4 + plain.length },
    });
    expect(chunks.slice(0, -2).some((chunk) => typeof chunk === 'object' && 'usage' in chunk)).toBe(false);
  });

  it('calls thinking `reasoning`, beside an empty content', async () => {
    const [first, second] = deltas(await chunksOf(ask('hi', { model: 'thinker:8b' })));
    expect(first).toEqual({ role: 'assistant', content: '', reasoning: '让我' });
    expect(second).toEqual({ content: '', reasoning: '想想… ' });
  });

  it('hands a tool call over whole, its arguments as a string, and finishes with tool_calls', async () => {
    const chunks = await chunksOf(ask('x', { model: 'thinker:8b', tools: [tool], reasoning_effort: 'none' }));
    expect(deltas(chunks)[0]).toEqual({
      role: 'assistant',
      content: '',
      tool_calls: [
        {
          id: expect.stringMatching(/^call_/),
          index: 0,
          type: 'function',
          function: { name: 'weather', arguments: '{"city":"北京","days":2}' },
        },
      ],
    });
    expect((chunks.at(-2) as Chunk).choices[0]!.finish_reason).toBe('tool_calls');
  });

  it('finishes with length at max_tokens, even where tools were called', async () => {
    const body = ask('x', { model: 'thinker:8b', tools: [tool], reasoning_effort: 'none', max_tokens: 1 });
    const chunks = await chunksOf(body);
    expect((chunks.at(-2) as Chunk).choices[0]!.finish_reason).toBe('length');
  });
});

describe('a chat completion without stream', () => {
  it('is one object with usage', async () => {
    const response = chat(ask('hi', { model: 'thinker:8b' }));
    expect((await response).headers.get('content-type')).toBe('application/json');
    expect(await json(response)).toEqual({
      id: expect.stringMatching(/^chatcmpl-\d{1,3}$/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'thinker:8b',
      system_fingerprint: 'fp_ollama',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: '答案是 42.', reasoning: '让我想想… 🤔' },
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 },
    });
  });
});

describe('what the model sees of an OpenAI request', () => {
  let seen: ModelInput;
  beforeEach(() => {
    const reply = (input: ModelInput) => {
      seen = input;
      return 'ok';
    };
    fake.models.add({ name: 'seen', capabilities: ['completion', 'vision', 'thinking', 'tools'], reply });
  });

  it('is one message for each part of a content list', async () => {
    const content = [
      { type: 'text', text: '这是什么?' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
      { type: 'image_url', image_url: 'data:;base64,aGk=' },
    ];
    await chat({ model: 'seen', messages: [{ role: 'user', content }] });
    expect(seen.messages).toEqual([
      { role: 'user', content: '这是什么?' },
      { role: 'user', content: '', images: ['aGk='] },
      { role: 'user', content: '', images: ['aGk='] },
    ]);
  });

  it('has temperature and top_p 1 unless given, and max_tokens as num_predict', async () => {
    await chat(ask('x', { model: 'seen', max_tokens: 9, stop: 'END', top_p: 0.5 }));
    expect(seen.options).toEqual({ temperature: 1, top_p: 0.5, num_predict: 9, stop: ['END'] });
  });

  it('has nothing of the fields that Ollama ignores', async () => {
    const ignored = {
      max_completion_tokens: 1,
      n: 3,
      tool_choice: 'none',
      num_ctx: 8,
      options: { num_ctx: 8 },
      think: false,
    };
    const answer = await json(chat(ask('x', { model: 'seen', keep_alive: 0, ...ignored })));
    expect(answer.choices).toHaveLength(1);
    expect(seen).toMatchObject({ options: { temperature: 1, top_p: 1 }, think: true });
    expect(await json(fetch(`${fake.url}/api/ps`))).toMatchObject({ models: [{ context_length: 4096 }] });
  });

  it.each([
    ['none', false],
    ['minimal', 'low'],
    ['high', 'high'],
    ['xhigh', 'max'],
    [undefined, true],
  ])('has reasoning_effort %s as think %s', async (reasoning_effort, think) => {
    await chat(ask('x', { model: 'seen', reasoning_effort }));
    expect(seen.think).toBe(think);
  });

  it('has past tool calls as objects, past reasoning, and a schema as format', async () => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{"x":1}' } };
    const messages = [
      { role: 'assistant', content: null, reasoning: 'hm', reasoning_content: 'no', tool_calls: [call] },
    ];
    const response_format = { type: 'json_schema', json_schema: { schema: { type: 'object' } } };
    await chat({ model: 'seen', messages, response_format });
    expect(seen.messages).toEqual([
      {
        role: 'assistant',
        content: '',
        thinking: 'hm',
        tool_calls: [{ function: { name: 'f', arguments: { x: 1 } } }],
      },
    ]);
    expect(seen.format).toEqual({ type: 'object' });
  });
});

describe('a completion', () => {
  const complete = (body: JsonObject) =>
    post(fake, '/v1/completions', { model: 'tiny', prompt: 'hi', ...body });

  it('has text, and finishes in its last chunk', async () => {
    const chunks = (await eventsOf(complete({ stream: true, max_tokens: 2 }))) as Chunk[];
    expect(chunks.slice(0, -1).map(({ choices }) => choices)).toEqual([
      [{ text: 'Hello,', index: 0, finish_reason: null }],
      [{ text: ' ', index: 0, finish_reason: null }],
      [{ text: '', index: 0, finish_reason: 'length' }],
    ]);
    expect(chunks[0]).toMatchObject({ id: expect.stringMatching(/^cmpl-\d+$/), object: 'text_completion' });
    expect(chunks.at(-1)).toBe('[DONE]');
  });

  it('has a usage of zeros on every chunk when asked for usage, and the true one last', async () => {
    const options = { include_usage: true };
    const chunks = (await eventsOf(
      complete({ stream: true, max_tokens: 1, stream_options: options }),
    )) as Chunk[];
    const zeros = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
    expect(chunks.slice(0, -1).map(({ usage }) => usage)).toEqual([
      zeros,
      zeros,
      { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
    ]);
    expect(chunks.at(-2)!.choices).toEqual([]);
  });

  it('of nothing only loads the model', async () => {
    const answer = await json(complete({ prompt: '' }));
    expect(answer.choices).toEqual([{ text: '', index: 0, finish_reason: 'load' }]);
  });
});

describe('the OpenAI SDK', () => {
  it('reads the stream to its end, tool call and usage included', async () => {
    const client = new OpenAI({ baseURL: `${fake.url}/v1`, apiKey: 'ignored', maxRetries: 0 });
    const tools = [{ type: 'function' as const, function: { name: 'weather', parameters: {} } }];
    const completion = await client.chat.completions
      .stream({
        model: 'thinker:8b',
        messages: [{ role: 'user', content: 'x' }],
        tools,
        stream_options: { include_usage: true },
      })
      .finalChatCompletion();
    expect(completion.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { role: 'assistant', tool_calls: [{ function: { name: 'weather' } }] },
    });
    expect(completion.usage).toEqual({ prompt_tokens: 5, completion_tokens: 4, total_tokens: 9 });
    await expect(client.models.list()).resolves.toMatchObject({ data: [{ id: 'tiny:latest' }, {}, {}, {}] });
  });
});

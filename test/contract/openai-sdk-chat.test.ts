import { beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../helpers/chat-stream.ts';
import { theCustomAgent } from '../helpers/gateway.ts';
import { aServedGateway, ask, BACKENDS, type ServedGateway } from '../helpers/served-gateway.ts';

const TINY_SAYS = 'Hello, 世界! 🌍 Grüße.';

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway();
  await theCustomAgent(gateway.database);
});

const stream = (model: string, rest: object = {}) =>
  gateway.client.chat.completions.create({ ...ask(model), ...rest, stream: true }).then(listen);
const whole = (model: string, rest: object = {}) =>
  gateway.client.chat.completions.create({ ...ask(model), ...rest, stream: false });

describe.each(BACKENDS)('the OpenAI SDK, chatting with a model of the %s backend', (backend) => {
  const tiny = `${backend}/tiny`;
  const thinker = `${backend}/thinker`;

  it('streams the text in pieces, every character whole', async () => {
    const told = await stream(tiny);
    expect(told.chunks.length).toBeGreaterThan(5);
    expect(told).toMatchObject({ text: TINY_SAYS, finish: 'stop', error: undefined });
  });

  it('sees one id, time of creation and model in all chunks, and a role in the first', async () => {
    const { chunks } = await stream(tiny);
    expect(new Set(chunks.map(({ id, created, model }) => `${id} ${created} ${model}`)).size).toBe(1);
    expect(chunks.map(({ object }) => object)).toEqual(chunks.map(() => 'chat.completion.chunk'));
    expect(chunks[0]!.choices[0]!.delta.role).toBe('assistant');
  });

  it('gets the usage as a last chunk without choices when it asks for it', async () => {
    const { chunks, usage } = await stream(tiny, { stream_options: { include_usage: true } });
    expect(chunks.at(-1)!.choices).toEqual([]);
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe('stop');
    expect(chunks.filter((chunk) => chunk.usage)).toHaveLength(1);
    expect(usage!.prompt_tokens).toBeGreaterThan(0);
    expect(usage!.completion_tokens).toBeGreaterThan(0);
    expect(usage!.total_tokens).toBe(usage!.prompt_tokens + usage!.completion_tokens);
  });

  it('gets no usage and no empty chunk when it does not', async () => {
    const { chunks, usage } = await stream(tiny);
    expect(usage).toBeUndefined();
    expect(chunks.every(({ choices }) => choices.length === 1)).toBe(true);
  });

  it('gets the same text whole, with usage', async () => {
    const { choices, usage, object } = await whole(tiny);
    expect(object).toBe('chat.completion');
    expect(choices).toHaveLength(1);
    expect(choices[0]).toMatchObject({ index: 0, finish_reason: 'stop', message: { content: TINY_SAYS } });
    expect(choices[0]!.message.role).toBe('assistant');
    expect(usage!.total_tokens).toBe(usage!.prompt_tokens + usage!.completion_tokens);
  });

  it('is stopped by its own max_tokens', async () => {
    const { choices, usage } = await whole(tiny, { max_tokens: 2 });
    expect(choices[0]!.finish_reason).toBe('length');
    expect(usage!.completion_tokens).toBe(2);
  });

  it('gets what the model thinks apart from what it says', async () => {
    const told = await stream(thinker);
    expect(told).toMatchObject({ thinking: '让我想想… 🤔', text: '答案是 42.' });
    const { choices } = await whole(thinker);
    expect(choices[0]!.message).toMatchObject({ content: '答案是 42.', reasoning: '让我想想… 🤔' });
  });

  it('sends unicode unharmed', async () => {
    await whole(tiny, { messages: [{ role: 'user', content: '你好 🧑‍🚀 \u2028 "\\' }] });
    expect(gateway.fake.requests.at(-1)!.body.messages).toEqual([
      { role: 'user', content: '你好 🧑‍🚀 \u2028 "\\' },
    ]);
  });
});

describe('what the gateway writes itself for a model of Ollama', () => {
  it('holds every key that the strict schema of a completion requires', async () => {
    const completion = await whole('ollama/thinker');
    expect(completion.id).toMatch(/^chatcmpl-[0-9a-f]{32}$/);
    expect(completion.model).toBe('ollama/thinker');
    expect(completion.choices[0]).toMatchObject({ logprobs: null, message: { refusal: null } });
    expect(completion.choices[0]!.message).toHaveProperty('reasoning_content', '让我想想… 🤔');
    expect(completion.usage).toMatchObject({
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 3, audio_tokens: 0 },
    });
  });

  it('has a usage of null in all chunks before the one that tells it', async () => {
    const { chunks } = await stream('ollama/tiny', { stream_options: { include_usage: true } });
    expect(chunks.slice(0, -1).map(({ usage }) => usage)).toEqual(chunks.slice(0, -1).map(() => null));
  });

  it('finishes in a chunk of its own with an empty delta', async () => {
    const { chunks } = await stream('ollama/tiny');
    expect(chunks.at(-1)!.choices).toEqual([{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }]);
  });
});

describe('the OpenAI SDK, chatting with the custom agent', () => {
  it('streams its greeting and gets it whole', async () => {
    const streamed = await stream('custom-agent');
    const { choices } = await whole('custom-agent');
    expect(streamed.text).toContain('你好！Hello!');
    expect(choices[0]!.message.content).toBe(streamed.text);
  });
});

import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dialects, type Reply } from '../fakes/openai/dialects.ts';
import { type FakeOpenai, startFakeOpenai } from '../fakes/openai/fake-openai.ts';
import { aGateway, aModel, type TestGateway } from '../helpers/gateway.ts';
import { gather } from '../helpers/gather.ts';
import { ollamaOf } from '../helpers/ollama-callers.ts';
import { sdk } from '../helpers/served-gateway.ts';
import { Message, StreamEvent } from '../schemas/anthropic.ts';
import { ChatAnswer } from '../schemas/ollama.ts';
import { ResponseBody } from '../schemas/openai-responses.ts';

let gateway: TestGateway;
let service: FakeOpenai;

beforeAll(async () => {
  [gateway, service] = await Promise.all([aGateway(), startFakeOpenai()]);
  const offer = { backend: 'openai', address: `${service.url}/v1`, upstreamModel: 'theirs' } as const;
  await aModel(gateway.database, { ...offer, name: 'rented' });
});
afterAll(() => service.stop());

const HELLO = 'Hello, 世界! 🌍';
const hello = [{ role: 'user' as const, content: 'Hello!' }];
const THOUGHTFUL: Reply = { thinking: ['让我', '想想'], text: ['42', '.'], finish: 'stop' };
const CALLS: Reply = {
  calls: [
    { id: 'call_a', name: 'weather', arguments: ['{"city":', '"北京"}'] },
    { id: 'call_b', name: 'time', arguments: ['{}'] },
  ],
  finish: 'tool_calls',
};
const schema = { type: 'object' as const, properties: { city: { type: 'string' } } };
const seen = () => service.requests.at(-1)!.body;
const anthropic = () => new Anthropic({ baseURL: gateway.url, apiKey: gateway.key, maxRetries: 0 });

describe.each(Object.entries(dialects))('a service in the way of %s', (name, dialect) => {
  beforeEach(() => service.answers(dialect));
  const thinks = name !== 'OpenAI’s own';

  describe('serves Ollama’s client', () => {
    it.each([true, false])('with text and its usage; stream: %s', async (stream) => {
      const lines = stream
        ? await gather(await ollamaOf(gateway).chat({ model: 'rented', messages: hello, stream }))
        : [ChatAnswer.parse(await ollamaOf(gateway).chat({ model: 'rented', messages: hello }))];
      expect(lines.map(({ message }) => message?.content).join('')).toBe(HELLO);
      expect(lines.at(-1)).toMatchObject({
        done: true,
        done_reason: 'stop',
        prompt_eval_count: 11,
        eval_count: 7,
      });
      expect(seen()).toMatchObject({ model: 'theirs', stream: true });
    });

    it('with tool calls, and takes the results', async () => {
      service.answers(dialect, CALLS);
      const tools = ['weather', 'time'].map((tool) => ({
        type: 'function',
        function: { name: tool, description: tool, parameters: schema },
      }));
      const { message } = await ollamaOf(gateway).chat({ model: 'rented', messages: hello, tools });
      expect(message.tool_calls?.map((call) => call.function)).toMatchObject([
        { name: 'weather', arguments: { city: '北京' } },
        { name: 'time', arguments: {} },
      ]);
      service.answers(dialect);
      const results = [
        { role: 'tool', tool_name: 'weather', content: 'sunny' },
        { role: 'tool', tool_name: 'time', content: 'noon' },
      ];
      const messages = [...hello, message, ...results];
      const after = await ollamaOf(gateway).chat({ model: 'rented', messages, tools });
      expect(after.message.content).toBe(HELLO);
      expect(seen().messages).toMatchObject([
        {},
        { role: 'assistant', content: null, tool_calls: [{ id: expect.any(String) }, {}] },
        { role: 'tool', content: 'sunny' },
        { role: 'tool', content: 'noon' },
      ]);
    });
  });

  describe('serves Anthropic’s client', () => {
    const ask = { model: 'rented', max_tokens: 50, messages: hello };

    it.each([true, false])('with text and its usage; stream: %s', async (stream) => {
      if (stream) {
        const events = await gather(await anthropic().messages.create({ ...ask, stream }));
        for (const event of events) StreamEvent.parse(event);
      }
      const message = await (stream
        ? anthropic().messages.stream(ask).finalMessage()
        : anthropic().messages.create(ask));
      expect(message.content).toMatchObject([{ type: 'text', text: HELLO }]);
      expect(message.usage).toMatchObject({ input_tokens: 11, output_tokens: 7 });
      expect(seen()).toMatchObject({ max_tokens: 50, stream_options: { include_usage: true } });
    });

    it('with tool calls', async () => {
      service.answers(dialect, CALLS);
      const tools = [{ name: 'weather', input_schema: schema }];
      const message = await anthropic().messages.create({ ...ask, tools });
      Message.parse(message);
      expect(message).toMatchObject({
        stop_reason: 'tool_use',
        content: [
          { type: 'tool_use', id: 'call_a', name: 'weather', input: { city: '北京' } },
          { type: 'tool_use', id: 'call_b', name: 'time', input: {} },
        ],
      });
    });

    if (!thinks) return; // its thoughts are its own
    it('with what the model thinks', async () => {
      service.answers(dialect, THOUGHTFUL);
      const thinking = { type: 'enabled' as const, budget_tokens: 1_024 };
      const message = await anthropic().messages.create({ ...ask, max_tokens: 2_000, thinking });
      expect(message.content).toMatchObject([
        { type: 'thinking', thinking: '让我想想' },
        { type: 'text', text: '42.' },
      ]);
      expect(seen()).toMatchObject({ reasoning_effort: expect.any(String) });
    });
  });

  describe('serves OpenAI’s client', () => {
    it('with a response', async () => {
      service.answers(dialect, thinks ? THOUGHTFUL : undefined);
      const response = await sdk(gateway).responses.create({ model: 'rented', input: 'Hello!' });
      const { output_text, ...body } = response;
      ResponseBody.parse(body);
      expect(output_text).toBe(thinks ? '42.' : HELLO);
      expect(response.usage).toMatchObject({ input_tokens: 11, output_tokens: 7 });
    });

    it('with a chat that is passed through, whatever it looks like', async () => {
      const stream = await sdk(gateway).chat.completions.create({
        model: 'rented',
        messages: hello,
        stream: true,
        stream_options: { include_usage: true },
      });
      const chunks = await gather(stream);
      expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(HELLO);
      expect(chunks.findLast(({ usage }) => usage)?.usage).toMatchObject({ completion_tokens: 7 });
    });
  });
});

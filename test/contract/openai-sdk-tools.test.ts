import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../helpers/chat-stream.ts';
import { FIRST, forecaster, question, SECOND, tools } from '../helpers/forecaster.ts';
import { aServedGateway, BACKENDS, type ServedGateway } from '../helpers/served-gateway.ts';

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway({ fake: { models: [forecaster] } });
});

describe.each(BACKENDS)('tools by the OpenAI SDK with a model of the %s backend', (backend) => {
  const model = `${backend}/forecaster`;
  const ask = (messages: ChatCompletionMessageParam[]) =>
    gateway.client.chat.completions.create({ model, messages, tools });

  it('are called, answered and summed up in a round trip', async () => {
    const { message, finish_reason } = (await ask([question])).choices[0]!;
    const calls = functionCalls(message.tool_calls);
    expect(finish_reason).toBe('tool_calls');
    expect(calls.map(({ function: { name } }) => name)).toEqual(['weather', 'weather']);
    expect(calls.map((call) => JSON.parse(call.function.arguments))).toEqual([FIRST, SECOND]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);

    const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'sunny' }));
    const summary = await ask([question, message, ...results]);
    expect(summary.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: 'Sunny in both, 晴。' },
    });
  });

  it('are streamed with an id, an index and a name that stay, and arguments that parse', async () => {
    const stream = await gateway.client.chat.completions.create({
      model,
      messages: [question],
      tools,
      stream: true,
    });
    const { chunks, text, finish } = await listen(stream);
    const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(deltas.map(({ index }) => index)).toEqual([0, 1]);
    expect(deltas.map((delta) => delta.function?.name)).toEqual(['weather', 'weather']);
    expect(deltas.map((delta) => JSON.parse(delta.function!.arguments!))).toEqual([FIRST, SECOND]);
    expect(new Set(deltas.map(({ id }) => id)).size).toBe(2);
    expect(deltas.every(({ id, type }) => id && type === 'function')).toBe(true);
    expect(text).toBe('Let me look.');
    expect(finish).toBe('tool_calls');
  });

  it("are gathered by the SDK's own runner until the model has answered", async () => {
    const asked: unknown[] = [];
    const runner = gateway.client.chat.completions.runTools({
      model,
      messages: [question],
      stream: true,
      tools: [
        {
          type: 'function',
          function: {
            name: 'weather',
            description: 'The weather of the next days',
            parameters: { type: 'object', properties: { city: { type: 'string' } } },
            parse: JSON.parse as (text: string) => { city: string },
            function: (args: { city: string }) => {
              asked.push(args);
              return 'sunny';
            },
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe('Sunny in both, 晴。');
    expect(asked).toEqual([FIRST, SECOND]);
  });
});

const functionCalls = (calls: { type: string }[] = []) =>
  calls as { id: string; type: 'function'; function: { name: string; arguments: string } }[];

import { createAnthropic } from '@ai-sdk/anthropic';
import { APICallError, generateText, Output, stepCountIs, streamText, tool } from 'ai';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defaultModels } from '../fakes/ollama/default-models.ts';
import type { FakeModel } from '../fakes/ollama/models.ts';
import { callsOf } from '../helpers/anthropic.ts';
import { gather } from '../helpers/gather.ts';
import { aServedGateway, type ServedGateway } from '../helpers/served-gateway.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

/** Answers by the schema it is given. */
const clerk: FakeModel = { name: 'clerk:latest', reply: ({ format }) => (format ? '{"city":"北京"}' : 'no') };

let gateway: ServedGateway;
let sublet: ReturnType<typeof createAnthropic>;

beforeAll(async () => {
  gateway = await aServedGateway({ fake: { models: [...defaultModels, clerk] } });
  sublet = createAnthropic({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key });
});

afterEach(() => gateway.fake.faults.clear());

const TINY_SAYS = 'Hello, 世界! 🌍 Grüße.';
const prompt = 'Hello!';
const maxOutputTokens = 200; // else it warns that it does not know our models
const tiny = () => ({ model: sublet('ollama/tiny'), prompt, maxOutputTokens, maxRetries: 0 });
const thinker = () => ({ model: sublet('ollama/thinker'), prompt, maxOutputTokens, maxRetries: 0 });

describe("the Vercel AI SDK, speaking Anthropic's protocol", () => {
  it('generates text, with usage', async () => {
    const { text, finishReason, usage } = await generateText(tiny());
    expect({ text, finishReason }).toEqual({ text: TINY_SAYS, finishReason: 'stop' });
    expect(usage.inputTokens).toBeGreaterThan(0);
    expect(usage.outputTokens).toBe(callsOf(gateway).at(-1)!.outputTokens);
  });

  it('streams text, with usage', async () => {
    const result = streamText(tiny());
    const pieces = await gather(result.textStream);
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join('')).toBe(TINY_SAYS);
    expect(await result.finishReason).toBe('stop');
    expect(await result.usage).toMatchObject({
      inputTokens: (await generateText(tiny())).usage.inputTokens,
      outputTokens: callsOf(gateway).at(-1)!.outputTokens,
    });
  });

  it('tells reasoning from text, whole and streamed', async () => {
    const whole = await generateText(thinker());
    expect(whole).toMatchObject({ reasoningText: '让我想想… 🤔', text: '答案是 42.' });
    const streamed = streamText(thinker());
    expect(await streamed.text).toBe('答案是 42.');
    expect(await streamed.reasoningText).toBe('让我想想… 🤔');
  });

  it.each(['whole', 'streamed'])('calls a tool and goes on with its result, %s', async (how) => {
    const asked: unknown[] = [];
    const weather = tool({
      description: 'The weather',
      inputSchema: z.object({ city: z.string(), days: z.number() }),
      execute: (input) => {
        asked.push(input);
        return 'sunny';
      },
    });
    const settings = { ...thinker(), tools: { weather }, stopWhen: stepCountIs(3) };
    const result = how === 'whole' ? await generateText(settings) : streamText(settings);
    expect(await result.text).toBe('答案是 42.');
    expect((await result.steps).map((step) => step.finishReason)).toEqual(['tool-calls', 'stop']);
    expect(asked).toEqual([{ city: '北京', days: 2 }]);
    const { messages } = callsOf(gateway).at(-1)!.body;
    // It gives back what was thought beside the call, since that had a signature.
    expect(messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', thinking: '让我想想… 🤔', tool_calls: [{}] },
      { role: 'tool', content: 'sunny', tool_name: 'weather' },
    ]);
  });

  it('gets an object by its schema', async () => {
    const { output } = await generateText({
      model: sublet('ollama/clerk'),
      prompt,
      maxOutputTokens,
      output: Output.object({ schema: z.object({ city: z.string() }) }),
      providerOptions: { anthropic: { structuredOutputMode: 'outputFormat' } },
    });
    expect(output).toEqual({ city: '北京' });
  });

  it('throws what the gateway says when it refuses', async () => {
    const error = await thrownBy(generateText({ ...tiny(), model: sublet('no/such') }));
    expect(error).toBeInstanceOf(APICallError);
    expect(error).toMatchObject({
      statusCode: 404,
      isRetryable: false,
      message: 'The model `no/such` does not exist or you do not have access to it.',
    });
  });

  it('ends a stream that breaks with an error after the text so far', async () => {
    gateway.fake.faults.always({ kind: 'cut-mid-line', afterChunks: 3 });
    const told: unknown[] = [];
    const result = streamText({ ...tiny(), onError: ({ error }) => void told.push(error) });
    expect((await gather(result.textStream)).join('')).toBe('Hello, 世');
    expect(told).toHaveLength(1);
    expect(JSON.stringify(told)).not.toContain('127.0.0.1');
  });
});

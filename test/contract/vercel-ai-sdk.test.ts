import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, generateText, stepCountIs, streamText, tool } from 'ai';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { gather } from '../helpers/gather.ts';
import { aServedGateway, BACKENDS, type ServedGateway } from '../helpers/served-gateway.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

let gateway: ServedGateway;
let sublet: ReturnType<typeof createOpenAICompatible>;

beforeAll(async () => {
  gateway = await aServedGateway();
  sublet = createOpenAICompatible({
    name: 'sublet',
    baseURL: `${gateway.url}/v1`,
    apiKey: gateway.key,
    includeUsage: true,
  });
});

afterEach(() => gateway.fake.faults.clear());

const TINY_SAYS = 'Hello, 世界! 🌍 Grüße.';
const prompt = 'Hello!';

describe.each(BACKENDS)('the Vercel AI SDK with a model of the %s backend', (backend) => {
  const tiny = () => ({ model: sublet(`${backend}/tiny`), prompt, maxRetries: 0 });
  const thinker = () => ({ model: sublet(`${backend}/thinker`), prompt, maxRetries: 0 });

  it('generates text, with usage', async () => {
    const { text, finishReason, usage } = await generateText(tiny());
    expect({ text, finishReason }).toEqual({ text: TINY_SAYS, finishReason: 'stop' });
    expect(usage.inputTokens).toBeGreaterThan(0);
    expect(usage.totalTokens).toBe(usage.inputTokens! + usage.outputTokens!);
  });

  it('streams text, with usage', async () => {
    const result = streamText(tiny());
    const pieces = await gather(result.textStream);
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join('')).toBe(TINY_SAYS);
    expect(await result.finishReason).toBe('stop');
    expect((await result.usage).outputTokens).toBeGreaterThan(0);
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
    gateway.fake.faults.next({ kind: 'cut-mid-line', afterChunks: 3 });
    const told: unknown[] = [];
    const result = streamText({ ...tiny(), onError: ({ error }) => void told.push(error) });
    expect((await gather(result.textStream)).join('')).toBe('Hello, 世');
    expect(told).toHaveLength(1);
    expect(JSON.stringify(told)).not.toContain('127.0.0.1');
  });
});

describe('the retries of the Vercel AI SDK', () => {
  it('end with the answer when the place is free again', async () => {
    const retryAfter = { 'retry-after': '0.01' };
    gateway.fake.faults.next({ kind: 'error-status', status: 503, headers: retryAfter });
    const { text } = await generateText({ model: sublet('openai/tiny'), prompt });
    expect(text).toBe(TINY_SAYS);
  });
});

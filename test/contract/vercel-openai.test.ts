import { createOpenAI, type OpenAIProvider } from '@ai-sdk/openai';
import { APICallError, embed, embedMany, generateText, Output, stepCountIs, streamText, tool } from 'ai';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { gather } from '../helpers/gather.ts';
import { aServedGateway, BACKENDS, type ServedGateway } from '../helpers/served-gateway.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

let gateway: ServedGateway;
let sublet: OpenAIProvider;

const TINY_SAYS = 'Hello, 世界! 🌍 Grüße.';

beforeAll(async () => {
  gateway = await aServedGateway();
  sublet = createOpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key });
});

afterEach(() => gateway.fake.faults.clear());

/** Each question wakes the router, which may stand still before it has written of the call that it has answered. */
async function pathsLogged() {
  await fetch(`${gateway.url}/healthz`);
  return gateway.log.map((line) => JSON.parse(line).path);
}

/** Without it the SDK sends no items of earlier turns but references to what a server keeps: we keep nothing. */
const providerOptions = { openai: { store: false } };
const prompt = 'Hello!';

describe.each(BACKENDS)(
  'the OpenAI provider of the Vercel AI SDK with a model of the %s backend',
  (backend) => {
    const ask = (name: string) => ({
      model: sublet(`${backend}/${name}`),
      prompt,
      maxRetries: 0,
      providerOptions,
    });

    it('generates text by responses, its default, with usage', async () => {
      const { text, finishReason, usage } = await generateText(ask('tiny'));
      expect({ text, finishReason }).toEqual({ text: TINY_SAYS, finishReason: 'stop' });
      expect(usage.inputTokens).toBeGreaterThan(0);
      expect(usage.totalTokens).toBe(usage.inputTokens! + usage.outputTokens!);
      await expect.poll(pathsLogged, { timeout: 10_000 }).toContain('/v1/responses');
    });

    it('streams text, with usage', async () => {
      const result = streamText(ask('tiny'));
      const pieces = await gather(result.textStream);
      expect(pieces.length).toBeGreaterThan(5);
      expect(pieces.join('')).toBe(TINY_SAYS);
      expect(await result.finishReason).toBe('stop');
      expect((await result.usage).outputTokens).toBeGreaterThan(0);
    });

    it('tells reasoning from text, whole and streamed', async () => {
      const whole = await generateText(ask('thinker'));
      expect(whole).toMatchObject({ reasoningText: '让我想想… 🤔', text: '答案是 42.' });
      const streamed = streamText(ask('thinker'));
      expect(await streamed.text).toBe('答案是 42.');
      expect(await streamed.reasoningText).toBe('让我想想… 🤔');
    });

    it('learns that an answer was cut by its length', async () => {
      const { finishReason } = await generateText({ ...ask('tiny'), maxOutputTokens: 2 });
      expect(finishReason).toBe('length');
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
      const settings = { ...ask('thinker'), tools: { weather }, stopWhen: stepCountIs(3) };
      const result = how === 'whole' ? await generateText(settings) : streamText(settings);
      expect(await result.text).toBe('答案是 42.');
      expect((await result.steps).map((step) => step.finishReason)).toEqual(['tool-calls', 'stop']);
      expect(asked).toEqual([{ city: '北京', days: 2 }]);
    });

    it('sees an image', async () => {
      const image = Buffer.from('iVBORw0KGgo=', 'base64');
      const { text } = await generateText({
        model: sublet(`${backend}/seer`),
        providerOptions,
        messages: [{ role: 'user', content: [{ type: 'file', data: image, mediaType: 'image/png' }] }],
      });
      expect(text).toBe('I see 1 张图片 🖼️');
    });

    it('throws what the gateway says when it refuses', async () => {
      const error = await thrownBy(generateText({ ...ask('tiny'), model: sublet('no/such') }));
      expect(error).toBeInstanceOf(APICallError);
      expect(error).toMatchObject({ statusCode: 404, isRetryable: false });
    });

    it('ends a stream that breaks with an error after the text so far', async () => {
      gateway.fake.faults.next({ kind: 'cut-mid-line', afterChunks: 3 });
      const told: unknown[] = [];
      const result = streamText({ ...ask('tiny'), onError: ({ error }) => void told.push(error) });
      expect((await gather(result.textStream)).join('')).toBe('Hello, 世');
      expect(told).toHaveLength(1);
      expect(JSON.stringify(told)).toContain('upstream_error');
      expect(JSON.stringify(told)).not.toContain('127.0.0.1');
    });

    it('generates text by chat and by completion, too', async () => {
      const chat = await generateText({ ...ask('tiny'), model: sublet.chat(`${backend}/tiny`) });
      expect(chat.text).toBe(TINY_SAYS);
      const { model, ...rest } = { ...ask('tiny'), model: sublet.completion(`${backend}/tiny`) };
      const completion = await generateText({ ...rest, model, maxOutputTokens: 100 });
      expect(completion).toMatchObject({ text: TINY_SAYS, finishReason: 'stop' });
      const streamed = streamText({ ...rest, model, maxOutputTokens: 100 });
      expect((await gather(streamed.textStream)).join('')).toBe(TINY_SAYS);
    });

    it('embeds one text and many', async () => {
      const model = sublet.embedding(`${backend}/embed`);
      const { embedding, usage } = await embed({ model, value: '你好' });
      expect(usage.tokens).toBeGreaterThan(0);
      const { embeddings } = await embedMany({ model, values: ['Hello', '你好'] });
      expect(embeddings).toHaveLength(2);
      expect(embeddings[1]).toEqual(embedding);
    });
  },
);

it('an answer that keeps to a schema is read as such', async () => {
  const output = Output.object({ schema: z.object({ count: z.number() }) });
  const asked = generateText({ model: sublet('ollama/tiny'), prompt, output, providerOptions });
  await thrownBy(Promise.resolve(asked).then((result) => result.output)); // what it says is no JSON
  expect(gateway.fake.requests.at(-1)!.body.format).toMatchObject({
    type: 'object',
    properties: { count: { type: 'number' } },
  });
});

it('a client that was not told so hears that nothing is stored', async () => {
  const weather = tool({
    inputSchema: z.object({ city: z.string(), days: z.number() }),
    execute: () => 'sunny',
  });
  const model = sublet('ollama/thinker');
  const asked = generateText({ model, prompt, tools: { weather }, stopWhen: stepCountIs(3), maxRetries: 0 });
  const error = await thrownBy(Promise.resolve(asked));
  expect(error).toMatchObject({ statusCode: 400, message: expect.stringContaining('store: false') });
});

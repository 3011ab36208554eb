import { embed, generateText, stepCountIs, streamText, tool } from 'ai';
import { createOllama } from 'ollama-ai-provider-v2';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { gather } from '../helpers/gather.ts';
import { aServedGateway, BACKENDS, type ServedGateway } from '../helpers/served-gateway.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

let gateway: ServedGateway;
let ollama: ReturnType<typeof createOllama>;

beforeAll(async () => {
  gateway = await aServedGateway();
  const headers = { authorization: `Bearer ${gateway.key}` };
  ollama = createOllama({ baseURL: `${gateway.url}/api`, headers });
});

afterEach(() => gateway.fake.faults.clear());

const TINY_SAYS = 'Hello, 世界! 🌍 Grüße.';
const prompt = 'Hello!';

describe.each(BACKENDS)(
  'the Vercel AI SDK by Ollama’s protocol, with a model of the %s backend',
  (backend) => {
    const tiny = () => ({ model: ollama(`${backend}/tiny`), prompt, maxRetries: 0 });
    const thinker = () => ({ model: ollama(`${backend}/thinker`), prompt, maxRetries: 0 });

    it('generates text, with usage', async () => {
      const { text, finishReason, usage } = await generateText(tiny());
      expect({ text, finishReason }).toEqual({ text: TINY_SAYS, finishReason: 'stop' });
      expect(usage.inputTokens).toBeGreaterThan(0);
      expect(usage.outputTokens).toBeGreaterThan(0);
    });

    it('streams text', async () => {
      const pieces = await gather(streamText(tiny()).textStream);
      expect(pieces.length).toBeGreaterThan(3);
      expect(pieces.join('')).toBe(TINY_SAYS);
    });

    it('tells reasoning from text', async () => {
      const providerOptions = { ollama: { think: true } }; // else this provider leaves it out
      const { text, reasoningText } = await generateText({ ...thinker(), providerOptions });
      expect([reasoningText, text]).toEqual(['让我想想… 🤔', '答案是 42.']);
    });

    it('calls a tool and goes on with its result', async () => {
      const asked: unknown[] = [];
      const weather = tool({
        description: 'The weather',
        inputSchema: z.object({ city: z.string(), days: z.number() }),
        execute: (input) => {
          asked.push(input);
          return 'sunny';
        },
      });
      const { text } = await generateText({ ...thinker(), tools: { weather }, stopWhen: stepCountIs(3) });
      expect(text).toBe('答案是 42.');
      expect(asked).toEqual([{ city: '北京', days: 2 }]);
    });

    it('throws when the gateway refuses', async () => {
      const error = await thrownBy(generateText({ ...tiny(), model: ollama('no/such') }));
      expect(error).toMatchObject({ statusCode: 404, isRetryable: false });
    });
  },
);

it('the Vercel AI SDK embeds by Ollama’s protocol', async () => {
  const { embedding } = await embed({ model: ollama.embedding('ollama/tiny'), value: 'Hello' });
  expect(embedding.length).toBeGreaterThan(0);
});

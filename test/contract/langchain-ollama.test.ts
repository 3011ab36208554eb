import { type AIMessageChunk, HumanMessage, type ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOllama, Ollama, OllamaEmbeddings } from '@langchain/ollama';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { gather } from '../helpers/gather.ts';
import { lastRequest } from '../helpers/ollama-callers.ts';
import { aServedGateway, BACKENDS, type ServedGateway } from '../helpers/served-gateway.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

const TINY_SAYS = 'Hello, 世界! 🌍 Grüße.';

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway();
});

afterEach(() => gateway.fake.faults.clear());

const access = () => ({ baseUrl: gateway.url, headers: { authorization: `Bearer ${gateway.key}` } });
const chat = (model: string, rest: ConstructorParameters<typeof ChatOllama>[0] = {}) =>
  new ChatOllama({ model, maxRetries: 0, ...access(), ...(rest as object) });

const weather = tool(() => 'sunny', {
  name: 'weather',
  description: 'The weather',
  schema: z.object({ city: z.string(), days: z.number() }),
});

describe.each(BACKENDS)("LangChain's Ollama with a model of the %s backend", (backend) => {
  const tiny = () => chat(`${backend}/tiny`);
  const thinker = () => chat(`${backend}/thinker`);

  it('gets a whole answer, with usage', async () => {
    const answer = await tiny().invoke('Hello!');
    expect(answer.text).toBe(TINY_SAYS);
    expect(answer.response_metadata).toMatchObject({ done: true, done_reason: 'stop' });
    const usage = answer.usage_metadata as { input_tokens: number; output_tokens: number } | undefined;
    expect(usage?.input_tokens).toBeGreaterThan(0);
    expect(usage?.output_tokens).toBeGreaterThan(0);
  });

  it('streams an answer', async () => {
    const chunks = await gather(await tiny().stream('Hello!'));
    expect(chunks.length).toBeGreaterThan(5);
    expect(chunks.map(({ text }) => text).join('')).toBe(TINY_SAYS);
  });

  it('calls a tool and goes on with its result, of which it does not say whose it is', async () => {
    const model = thinker().bindTools([weather]);
    const question = new HumanMessage('Is it sunny?');
    const first = (await model.invoke([question])) as AIMessageChunk;
    expect(first.tool_calls).toMatchObject([{ name: 'weather', args: { city: '北京', days: 2 } }]);
    const result = (await weather.invoke(first.tool_calls![0]!)) as ToolMessage;
    expect((await model.invoke([question, first, result])).text).toBe('答案是 42.');
  });

  it('embeds', async () => {
    const embeddings = new OllamaEmbeddings({ model: `${backend}/embed`, maxRetries: 0, ...access() });
    const vectors = await embeddings.embedDocuments(['one', 'two']);
    expect(vectors).toHaveLength(2);
    expect(await embeddings.embedQuery('two')).toEqual(vectors[1]);
  });

  it('throws what the gateway says when it refuses', async () => {
    const error = await thrownBy(chat('no/such').invoke('Hello!'));
    expect(error).toMatchObject({ message: expect.stringContaining('does not exist') });
  });

  it('throws in mid-stream after the text so far when the upstream breaks', async () => {
    gateway.fake.faults.next({ kind: 'cut-mid-line', afterChunks: 3 });
    let text = '';
    const reading = async () => {
      for await (const chunk of await tiny().stream('Hello!')) text += chunk.text;
    };
    expect(await thrownBy(reading())).toBeInstanceOf(Error);
    expect(text).toBe('Hello, 世');
  });
});

describe("LangChain's Ollama", () => {
  it('may say how long a model should stay loaded, as older versions always do', async () => {
    const answer = await chat('ollama/tiny', { keepAlive: '5m', numKeep: 4 }).invoke('Hello!');
    expect(answer.text).toBe(TINY_SAYS);
    expect(lastRequest(gateway, '/api/chat').body).not.toHaveProperty('keep_alive');
  });

  it('finds the models that there are, and pulls none', async () => {
    const options = { checkOrPullModel: true };
    expect((await chat('ollama/tiny', options).invoke('Hello!')).text).toBe(TINY_SAYS);
    const error = await thrownBy(chat('not-there', options).invoke('Hello!'));
    expect(error).toMatchObject({ message: expect.stringContaining('may not pull models') });
  });

  it('gets the thinking beside the text', async () => {
    const { text, additional_kwargs: rest } = await chat('ollama/thinker').invoke('Hello!');
    expect(text).toBe('答案是 42.');
    expect(rest.reasoning_content).toBe('让我想想… 🤔');
  });

  it('sends the schema of a structured answer', async () => {
    const city = z.object({ city: z.string() });
    await thrownBy(chat('ollama/tiny').withStructuredOutput(city).invoke('Where?')); // it says hello
    const { body } = lastRequest(gateway, '/api/chat');
    expect(body.format).toMatchObject({ type: 'object', required: ['city'] });
  });

  it('sends an image', async () => {
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } };
    const content = [{ type: 'text', text: 'What is it?' }, image];
    const { text } = await chat('ollama/seer').invoke([new HumanMessage({ content })]);
    expect(text).toContain('1 张图片');
  });

  it('goes on with a text', async () => {
    const llm = new Ollama({ model: 'ollama/tiny', maxRetries: 0, ...access() });
    expect(await llm.invoke('Hello!')).toBe(TINY_SAYS);
  });
});

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

import {
  type AIMessageChunk,
  HumanMessage,
  type ToolMessage,
  type UsageMetadata,
} from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { gather } from '../helpers/gather.ts';
import { aServedGateway, BACKENDS, type ServedGateway } from '../helpers/served-gateway.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

const TINY_SAYS = 'Hello, 世界! 🌍 Grüße.';

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway();
});

afterEach(() => gateway.fake.faults.clear());

const chat = (model: string) =>
  new ChatOpenAI({
    model,
    apiKey: gateway.key,
    maxRetries: 0,
    configuration: { baseURL: `${gateway.url}/v1` },
  });

const weather = tool(() => 'sunny', {
  name: 'weather',
  description: 'The weather',
  schema: z.object({ city: z.string(), days: z.number() }),
});

describe.each(BACKENDS)('LangChain with a model of the %s backend', (backend) => {
  const tiny = () => chat(`${backend}/tiny`);
  const thinker = () => chat(`${backend}/thinker`);

  it('gets a whole answer, with usage', async () => {
    const answer = await tiny().invoke('Hello!');
    const usage = usageOf(answer);
    expect(answer.text).toBe(TINY_SAYS);
    expect(answer.response_metadata.finish_reason).toBe('stop');
    expect(usage.input_tokens).toBeGreaterThan(0);
    expect(usage.total_tokens).toBe(usage.input_tokens + usage.output_tokens);
  });

  it('streams an answer, with usage', async () => {
    const chunks = await gather(await tiny().stream('Hello!'));
    const all = chunks.reduce((sum, chunk) => sum.concat(chunk));
    expect(chunks.length).toBeGreaterThan(5);
    expect(all.text).toBe(TINY_SAYS);
    expect(usageOf(all).output_tokens).toBeGreaterThan(0);
  });

  it.each(['whole', 'streamed'])('calls a tool and goes on with its result, %s', async (how) => {
    const model = thinker().bindTools([weather]);
    const say = async (messages: (HumanMessage | AIMessageChunk | ToolMessage)[]) => {
      if (how === 'whole') return (await model.invoke(messages)) as AIMessageChunk;
      const chunks = await gather(await model.stream(messages));
      return chunks.reduce((sum, chunk) => sum.concat(chunk));
    };
    const question = new HumanMessage('Is it sunny?');
    const first = await say([question]);
    expect(first.tool_calls).toMatchObject([{ name: 'weather', args: { city: '北京', days: 2 } }]);
    const result = (await weather.invoke(first.tool_calls![0]!)) as ToolMessage;
    const { text } = await say([question, first, result]);
    expect(text).toBe('答案是 42.');
  });

  it('throws what the gateway says when it refuses', async () => {
    const error = await thrownBy(chat('no/such').invoke('Hello!'));
    expect(error).toMatchObject({ status: 404, code: 'model_not_found' });
  });

  it('throws in mid-stream after the text so far when the upstream breaks', async () => {
    gateway.fake.faults.next({ kind: 'cut-mid-line', afterChunks: 3 });
    let text = '';
    const reading = async () => {
      for await (const chunk of await tiny().stream('Hello!')) text += chunk.text;
    };
    expect(await thrownBy(reading())).toMatchObject({ code: 'upstream_error' });
    expect(text).toBe('Hello, 世');
  });
});

describe('LangChain with a thinking model of Ollama', () => {
  it('gets the thinking beside the text, whole and streamed', async () => {
    const whole = await chat('ollama/thinker').invoke('Hello!');
    const chunks = await gather(await chat('ollama/thinker').stream('Hello!'));
    const streamed = chunks.reduce((sum, chunk) => sum.concat(chunk));
    for (const message of [whole, streamed]) {
      expect(message.text).toBe('答案是 42.');
      expect(message.additional_kwargs.reasoning_content).toBe('让我想想… 🤔');
    }
  });
});

/** LangChain's own types say that an answer without a declared structure has none. */
const usageOf = (message: { usage_metadata?: unknown }) => message.usage_metadata as UsageMetadata;

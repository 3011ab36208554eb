import type { Message } from 'ollama';
import { beforeAll, describe, expect, it } from 'vitest';
import { gather } from '../helpers/gather.ts';
import { callApi, callsOf, lastRequest, linesOf, ollamaOf } from '../helpers/ollama-callers.ts';
import { receiptOf } from '../helpers/own-usage.ts';
import { aServedGateway, BACKENDS, type ServedGateway, upstreamPath } from '../helpers/served-gateway.ts';
import { ChatAnswer, ChatLoaded, ChatPiece } from '../schemas/ollama.ts';

const TINY_SAYS = 'Hello, 世界! 🌍 Grüße.';
const THINKER_THINKS = '让我想想… 🤔';
const THINKER_SAYS = '答案是 42.';
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const hello = [{ role: 'user', content: 'Hello!' }];
const weather = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'The weather',
    parameters: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'number' } } },
  },
};

let gateway: ServedGateway;
let ollama: ReturnType<typeof ollamaOf>;

beforeAll(async () => {
  gateway = await aServedGateway();
  ollama = ollamaOf(gateway);
});

const chatForm = { piece: ChatPiece, last: ChatAnswer };

describe.each(BACKENDS)("Ollama's client with a model of the %s backend", (backend) => {
  const tiny = `${backend}/tiny`;
  const thinker = `${backend}/thinker`;
  const seen = () => lastRequest(gateway, upstreamPath(backend));

  it('gets a whole answer, with what it used', async () => {
    const answer = await ollama.chat({ model: tiny, messages: hello });
    const record = seen();
    ChatAnswer.parse(answer);
    expect(answer.message).toEqual({ role: 'assistant', content: TINY_SAYS });
    expect(answer).toMatchObject({ model: tiny, done: true, done_reason: 'stop' });
    expect(answer.prompt_eval_count).toBe(record.promptTokens);
    expect(answer.eval_count).toBe(record.outputTokens);
  });

  it('gets a stream, one line a piece', async () => {
    const lines = await gather(await ollama.chat({ model: tiny, messages: hello, stream: true }));
    const record = seen();
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.map(({ message }) => message.content).join('')).toBe(TINY_SAYS);
    expect(lines.at(-1)).toMatchObject({ done: true, eval_count: record.outputTokens });
  });

  it('is shown the thinking beside the text, if it wants it', async () => {
    const whole = await ollama.chat({ model: thinker, messages: hello, think: true });
    expect(whole.message.thinking).toBe(THINKER_THINKS);
    expect(whole.message.content).toBe(THINKER_SAYS);
  });

  it.each([true, false])('calls a tool and goes on with its result; stream: %s', async (stream) => {
    const say = async (messages: Message[]): Promise<Message> => {
      const request = { model: thinker, messages, tools: [weather] };
      if (!stream) return (await ollama.chat(request)).message;
      const lines = await gather(await ollama.chat({ ...request, stream: true }));
      const calls = lines.flatMap(({ message }) => message.tool_calls ?? []);
      const content = lines.map(({ message }) => message.content).join('');
      return { role: 'assistant', content, ...(calls.length > 0 && { tool_calls: calls }) };
    };
    const first = await say(hello);
    expect(first.tool_calls).toMatchObject([
      { function: { name: 'weather', arguments: { city: '北京', days: 2 } } },
    ]);
    const result = { role: 'tool', tool_name: 'weather', content: 'sunny' };
    expect((await say([...hello, first, result])).content).toBe(THINKER_SAYS);
  });

  it('shows an image', async () => {
    const messages = [{ role: 'user', content: 'What is it?', images: [PIXEL] }];
    const { message } = await ollama.chat({ model: `${backend}/seer`, messages });
    expect(message.content).toBe('I see 1 张图片 🖼️');
  });

  it('gives an image as bytes too', async () => {
    const messages = [{ role: 'user', content: '', images: [Buffer.from(PIXEL, 'base64')] }];
    const { message } = await ollama.chat({ model: `${backend}/seer`, messages });
    expect(message.content).toBe('I see 1 张图片 🖼️');
  });

  it('cuts its answer short', async () => {
    const answer = await ollama.chat({ model: tiny, messages: hello, options: { num_predict: 2 } });
    expect(answer).toMatchObject({ done_reason: 'length', eval_count: 2 });
  });
});

describe('a call of /api/chat', () => {
  it('is a stream unless it says otherwise, of lines in the form that is specified', async () => {
    const response = await callApi(gateway, 'chat', { model: 'ollama/thinker', messages: hello });
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const { pieces, end } = await linesOf(response, chatForm);
    expect(pieces.map(({ message }) => message.thinking ?? '').join('')).toBe(THINKER_THINKS);
    expect(pieces.map(({ message }) => message.content).join('')).toBe(THINKER_SAYS);
    expect(end.message.content).toBe('');
  });

  it('is charged what it is told', async () => {
    const response = await callApi(gateway, 'chat', { model: 'ollama/tiny', messages: hello });
    const { end } = await linesOf(response, chatForm);
    const { tokens, source } = await receiptOf(gateway, response.headers.get('x-request-id'));
    expect(source).toBe('reported');
    expect(tokens.prompt.charged).toBe(end.prompt_eval_count);
    expect(tokens.output.charged).toBe(end.eval_count);
  });

  it('tells how long loading, prompt and output took, as Ollama told it', async () => {
    const body = { model: 'ollama/tiny', messages: hello, stream: false };
    const answer = ChatAnswer.parse(await (await callApi(gateway, 'chat', body)).json());
    const parts = [answer.load_duration, answer.prompt_eval_duration, answer.eval_duration];
    for (const part of parts) expect(part).toBeGreaterThan(0);
    expect(answer.total_duration).toBeGreaterThan(Math.max(...parts.map((part) => part ?? 0)));
  });

  it('says again the name that was asked for', async () => {
    const request = { model: 'ollama/tiny:latest', messages: hello, stream: false };
    await gateway.database.write((db) =>
      db.execute("update models set aliases = '{ollama/tiny:latest}' where name = 'ollama/tiny'"),
    );
    const response = await callApi(gateway, 'chat', request);
    expect(ChatAnswer.parse(await response.json()).model).toBe('ollama/tiny:latest');
  });

  it('reaches Ollama with its options, thinking and format, and with the cap that was granted', async () => {
    const schema = { type: 'object', properties: { city: { type: 'string' } } };
    const options = { temperature: 0, top_k: 40, seed: 7, stop: ['END'], num_predict: 64, num_keep: 4 };
    const request = {
      model: 'ollama/thinker',
      messages: hello,
      format: schema,
      think: 'low',
      keep_alive: '5m',
      options,
    };
    await (await callApi(gateway, 'chat', request)).text();
    const { body } = lastRequest(gateway, '/api/chat');
    const { num_keep: _, ...passed } = options;
    expect(body).toMatchObject({ format: schema, think: 'low', options: passed });
    expect(body).toMatchObject({ truncate: false, shift: false, stream: true });
    expect(body).not.toHaveProperty('keep_alive');
    expect(body.options).not.toHaveProperty('num_keep');
  });

  it.each([true, false])('without messages loads nothing and costs nothing; stream: %s', async (stream) => {
    const before = callsOf(gateway, '/api/chat');
    const response = await callApi(gateway, 'chat', { model: 'ollama/tiny', messages: [], stream });
    const loaded = ChatLoaded.parse(await response.json());
    expect(loaded.model).toBe('ollama/tiny');
    expect(callsOf(gateway, '/api/chat')).toBe(before);
    const lines = await gather(await ollama.chat({ model: 'ollama/tiny', messages: [], stream: true }));
    expect(lines).toMatchObject([{ done_reason: 'load' }]);
  });
});

import type Anthropic from '@anthropic-ai/sdk';
import { beforeAll, describe, expect, it } from 'vitest';
import { anthropic, askMessage, callsOf } from '../helpers/anthropic.ts';
import { gather } from '../helpers/gather.ts';
import { receiptOf } from '../helpers/own-usage.ts';
import { aServedGateway, type ServedGateway } from '../helpers/served-gateway.ts';

const TINY_SAYS = 'Hello, 世界! 🌍 Grüße.';
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

let gateway: ServedGateway;
let client: Anthropic;

beforeAll(async () => {
  gateway = await aServedGateway();
  client = anthropic(gateway);
});

const lastBody = () => callsOf(gateway).at(-1)!.body;

describe("Anthropic's SDK", () => {
  it('gets a message, with usage and the request id that the ledger knows', async () => {
    const message = await client.messages.create(askMessage('ollama/tiny'));
    expect(message).toMatchObject({
      id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
      type: 'message',
      role: 'assistant',
      model: 'ollama/tiny',
      content: [{ type: 'text', text: TINY_SAYS }],
      stop_reason: 'end_turn',
      stop_sequence: null,
    });
    expect(message._request_id).toBe(`req_${message.id.slice('msg_'.length)}`);
    const { tokens } = await receiptOf(gateway, message._request_id);
    expect(message.usage).toMatchObject({
      input_tokens: tokens.prompt.charged,
      output_tokens: tokens.output.charged,
    });
  });

  it('streams the text in pieces, every character whole', async () => {
    const stream = client.messages.stream(askMessage('ollama/tiny'));
    const pieces: string[] = [];
    stream.on('text', (piece) => pieces.push(piece));
    const message = await stream.finalMessage();
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.join('')).toBe(TINY_SAYS);
    expect(await stream.finalText()).toBe(TINY_SAYS);
    expect(message).toMatchObject({ stop_reason: 'end_turn', model: 'ollama/tiny' });
    expect(stream.request_id).toMatch(/^req_[0-9a-f]{32}$/);
  });

  it('gets the same usage whole and as a stream, which is what the model says it was', async () => {
    const whole = await client.messages.create(askMessage('ollama/tiny'));
    const streamed = await client.messages.stream(askMessage('ollama/tiny')).finalMessage();
    expect(streamed.usage).toEqual(whole.usage);
    expect(whole.usage.output_tokens).toBe(callsOf(gateway).at(-1)!.outputTokens);
  });

  it('reads the raw events of a stream in their order', async () => {
    const events = await gather(await client.messages.create({ ...askMessage('ollama/tiny'), stream: true }));
    expect(events[0]).toMatchObject({ type: 'message_start', message: { stop_reason: null, content: [] } });
    expect(events.at(-2)).toMatchObject({ type: 'message_delta', delta: { stop_reason: 'end_turn' } });
    expect(events.at(-1)).toEqual({ type: 'message_stop' });
  });

  it('gets what the model thinks in a block before what it says, signed, and may give it back', async () => {
    const request = { ...askMessage('ollama/thinker'), thinking: { type: 'adaptive' } } as const;
    const { content } = await client.messages.create(request);
    expect(content).toMatchObject([
      { type: 'thinking', thinking: '让我想想… 🤔', signature: expect.stringMatching(/./) },
      { type: 'text', text: '答案是 42.' },
    ]);
    const streamed = await client.messages.stream(request).finalMessage();
    expect(streamed.content).toMatchObject(content.map(({ type }) => ({ type })));
    const messages = [...request.messages, { role: 'assistant' as const, content }, ...request.messages];
    await client.messages.create({ ...request, messages });
    expect(lastBody()).toMatchObject({
      messages: [{}, { role: 'assistant', content: '答案是 42.', thinking: '让我想想… 🤔' }, {}],
    });
  });

  it('switches thinking on and off', async () => {
    const enabled = { type: 'enabled', budget_tokens: 1024 } as const;
    await client.messages.create({ ...askMessage('ollama/thinker'), max_tokens: 2000, thinking: enabled });
    expect(lastBody()).toMatchObject({ think: true });
    const disabled = { type: 'disabled' } as const;
    const { content } = await client.messages.create({ ...askMessage('ollama/thinker'), thinking: disabled });
    expect(lastBody()).toMatchObject({ think: false });
    expect(content.map(({ type }) => type)).toEqual(['text']);
  });

  it('shows images', async () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } } as const;
    const content = [image, { type: 'text', text: 'What is this?' } as const];
    const request = { ...askMessage('ollama/seer'), messages: [{ role: 'user' as const, content }] };
    expect((await client.messages.create(request)).content).toMatchObject([{ text: 'I see 1 张图片 🖼️' }]);
    expect(lastBody()).toMatchObject({ messages: [{ content: 'What is this?', images: [PNG] }] });
  });

  it('is stopped by its max_tokens', async () => {
    const { stop_reason, usage } = await client.messages.create({
      ...askMessage('ollama/tiny'),
      max_tokens: 2,
    });
    expect(stop_reason).toBe('max_tokens');
    expect(usage.output_tokens).toBe(2);
  });

  it('sends all that it says to the model', async () => {
    const older = { temperature: 0.5, top_p: 0.9, top_k: 40 };
    await client.messages.create({
      ...askMessage('ollama/tiny', '你好 🧑‍🚀 \u2028 "\\'),
      ...older,
      system: [{ type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral' } }],
      stop_sequences: ['END'],
      metadata: { user_id: 'ann' },
    });
    expect(lastBody()).toMatchObject({
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: '你好 🧑‍🚀 \u2028 "\\' },
      ],
      options: { temperature: 0.5, top_p: 0.9, top_k: 40, stop: ['END'], num_predict: 100 },
    });
  });

  it('may come with a bearer, a beta header and a query, as it does for some of its features', async () => {
    const bearer = anthropic(gateway, { apiKey: null, authToken: gateway.key });
    const { content } = await bearer.beta.messages.create({
      ...askMessage('ollama/tiny'),
      betas: ['interleaved-thinking-2025-05-14'],
    });
    expect(content).toMatchObject([{ type: 'text', text: TINY_SAYS }]);
  });

  it('names the end user, for whom the receipt is', async () => {
    const request = { ...askMessage('ollama/tiny'), metadata: { user_id: 'ann' } };
    const { _request_id: id } = await client.messages.create(request);
    expect(await receiptOf(gateway, id)).toMatchObject({ user: 'ann' });
  });
});

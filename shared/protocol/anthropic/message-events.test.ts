import { describe, expect, it } from 'vitest';
import { streamed, whole } from '../../../test/helpers/message-answer.ts';
import { accumulated, expectGrammatical, messageEvents } from '../../../test/helpers/message-stream.ts';
import { GatewayError } from '../../errors.ts';
import type { ContentPiece } from '../piece.ts';
import { failedStream, MessageEvents, PING } from './message-events.ts';

const identity = { id: 'ab12', createdAtSeconds: 1_700_000_000, model: '模型/"m":8b' };
const USAGE = { prompt: 10, output: 20 };
const text = (words: string): ContentPiece => ({ type: 'text', text: words });
const thinking = (words: string): ContentPiece => ({ type: 'thinking', text: words });
const call = (rest: object = {}): ContentPiece => ({
  type: 'tool-call',
  index: 0,
  id: 'call_1',
  name: 'f',
  arguments: '{"x":1}',
  ...rest,
});

describe('a message stream', () => {
  it('begins with the estimate of the prompt and ends with the true usage', () => {
    const events = messageEvents(
      streamed({ pieces: [text('a')], usage: { prompt: 12, output: 3, cached: 5, reasoning: 2 } }),
    );
    expect(events[0]).toMatchObject({ message: { usage: { input_tokens: 7, output_tokens: 0 } } });
    expect(events.at(-2)).toMatchObject({
      usage: {
        input_tokens: 7,
        cache_read_input_tokens: 5,
        output_tokens: 3,
        output_tokens_details: { thinking_tokens: 2 },
      },
    });
  });

  it('closes a block when another kind of piece comes, and the last one only at the end', () => {
    const writer = new MessageEvents(identity, { promptEstimate: 7, omitThinking: false });
    const first = writer.piece(thinking('想'));
    const second = writer.piece(text('a')) + writer.piece(text('b'));
    const types = (sse: string) =>
      messageEvents(sse).map((event) => event.type.replace('content_block_', ''));
    expect(types(first)).toEqual(['message_start', 'start', 'delta']);
    expect(types(second)).toEqual(['delta', 'stop', 'start', 'delta', 'delta']);
    expect(types(writer.ending('stop', USAGE))).toEqual(['stop', 'message_delta', 'message_stop']);
  });

  it('makes a block of each tool call, also of two in a row', async () => {
    const { content } = await accumulated(streamed({ pieces: [call(), call({ id: 'call_2' })] }));
    expect(content.map((block) => block.type === 'tool_use' && [block.id, block.input])).toEqual([
      ['call_1', { x: 1 }],
      ['call_2', { x: 1 }],
    ]);
  });

  it('has the grammar when there is no content at all', async () => {
    expect(messageEvents(streamed({})).map(({ type }) => type)).toEqual([
      'message_start',
      'message_delta',
      'message_stop',
    ]);
    expect((await accumulated(streamed({}))).content).toEqual([]);
  });

  it('tells that the model has thought and not what, where the caller wants it so', async () => {
    const pieces = [thinking('secret'), text('a')];
    const sse = streamed({ pieces, omitThinking: true });
    expect(sse).not.toContain('secret');
    expect((await accumulated(sse)).content[0]).toEqual({
      type: 'thinking',
      thinking: '',
      signature: 'ab12',
    });
  });

  it.each([
    ['stop', 'end_turn'],
    ['length', 'max_tokens'],
    ['tool-calls', 'tool_use'],
    ['content-filter', 'refusal'],
  ] as const)('tells the reason %s as %s, as a whole answer does', async (reason, told) => {
    expect((await accumulated(streamed({ reason }))).stop_reason).toBe(told);
    expect(whole({ reason }).stop_reason).toBe(told);
  });

  it('may have pings before its start, which the SDK passes over', async () => {
    expect((await accumulated(PING + PING + streamed({ pieces: [text('a')] }))).content).toMatchObject([
      { type: 'text', text: 'a' },
    ]);
  });

  it('that fails ends with an error, which the SDK throws', async () => {
    const error = new GatewayError('upstream_error', 'line\n"two"');
    const requestId = `req_${'0'.repeat(32)}`;
    const writer = new MessageEvents(identity, { promptEstimate: 7, omitThinking: false });
    const sse = writer.piece(text('a')) + failedStream(error, requestId);
    const events = messageEvents(sse);
    expectGrammatical(events);
    expect(events.at(-1)).toEqual({
      type: 'error',
      error: { type: 'api_error', message: 'line\n"two"' },
      request_id: requestId,
    });
    await expect(accumulated(sse)).rejects.toThrow('api_error');
  });
});

describe('the arguments of a tool call', () => {
  it.each(['', ' \n'])('are an empty input when they are %j', async (args) => {
    const pieces = [call({ arguments: args })];
    expect(whole({ pieces }).content).toMatchObject([{ input: {} }]);
    expect((await accumulated(streamed({ pieces }))).content).toMatchObject([{ input: {} }]);
  });

  it.each(['[1]', 'null', '5', '{"x":', 'x'])('that are %s cannot be told, whole or as a stream', (args) => {
    const pieces = [call({ arguments: args })];
    expect(() => whole({ pieces })).toThrow('no JSON object');
    expect(() => streamed({ pieces })).toThrow('no JSON object');
  });
});

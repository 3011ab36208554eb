import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replayResponse, responseEventsOf } from '#shared/fixtures/response-stream.ts';
import type { ContentPiece, FinishReason } from '../../piece.ts';
import { ResponseEvents } from './response-events.ts';
import { echoOf } from './response-object.ts';
import { ResponseRequest } from './response-request.ts';
import { WholeResponse } from './whole-response.ts';

const identity = { id: 'ab12', createdAtSeconds: 1_700_000_000, model: '模型/"m":8b' };
const usage = { prompt: 3, output: 5, reasoning: 2, cached: 1 };
const echo = echoOf(ResponseRequest.parse({ model: 'm', input: 'Hi', metadata: { a: 'b' } }));
const at = () => 1_700_000_003;

function streamed(pieces: ContentPiece[], reason: FinishReason = 'stop') {
  const writer = new ResponseEvents(identity, echo, at);
  const sent = pieces.map((piece) => writer.piece(piece)).join('');
  const held = writer.ending(reason, usage);
  return { sent, held, events: responseEventsOf(sent + held) };
}
function whole(pieces: ContentPiece[], reason: FinishReason = 'stop') {
  const writer = new WholeResponse(identity, echo, at);
  expect(pieces.map((piece) => writer.piece(piece)).join('')).toBe('');
  return JSON.parse(writer.ending(reason, usage));
}

const anyText = fc.string({ unit: 'binary', minLength: 1 });
const anyPiece: fc.Arbitrary<ContentPiece> = fc.oneof(
  fc.record({ type: fc.constantFrom('text', 'thinking'), text: anyText }),
  fc.record({
    type: fc.constant('tool-call' as const),
    index: fc.nat(9),
    id: anyText,
    name: anyText,
    arguments: fc.json(),
  }),
);
const anyReason = fc.constantFrom<FinishReason>('stop', 'length', 'tool-calls', 'content-filter');

const think = (text: string): ContentPiece => ({ type: 'thinking', text });
const say = (text: string): ContentPiece => ({ type: 'text', text });
const CALL: ContentPiece = { type: 'tool-call', index: 0, id: 'call_1', name: 'f', arguments: '{"x":1}' };

describe('the stream of a response', () => {
  it('keeps to its grammar and ends with what is answered whole, whatever the model says', () => {
    fc.assert(
      fc.property(fc.array(anyPiece), anyReason, (pieces, reason) => {
        expect(replayResponse(streamed(pieces, reason).events)).toEqual(whole(pieces, reason));
      }),
    );
  });

  it('has the events of each item in their order', () => {
    const { events } = streamed([think('Hm'), say('He'), say('llo'), CALL]);
    expect(events.map(({ type }) => type.replace('response.', ''))).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'reasoning_summary_part.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
      'output_item.done',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'completed',
    ]);
  });

  it('holds what closes its last item, and that alone', () => {
    const { sent, held } = streamed([think('Hm'), say('Hello')]);
    expect(responseEventsOf(sent).at(-1)).toMatchObject({
      type: 'response.output_text.delta',
      delta: 'Hello',
    });
    expect(responseEventsOf(held).map(({ type }) => type)).toEqual([
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
  });

  it('ends as incomplete where the answer is', () => {
    for (const reason of ['length', 'content-filter'] as const)
      expect(streamed([say('Hel')], reason).events.at(-1)).toMatchObject({ type: 'response.incomplete' });
  });
});

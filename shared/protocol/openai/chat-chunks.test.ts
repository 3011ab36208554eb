import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../errors.ts';
import type { ContentPiece } from '../piece.ts';
import { ChatChunks, failedStream, KEEP_ALIVE } from './chat-chunks.ts';

const identity = { id: 'ab12', createdAtSeconds: 1_700_000_000, model: '模型/"m":8b' };
const USAGE = { prompt: 1, output: 2 };
const CALL: ContentPiece = { type: 'tool-call', index: 1, id: 'call_1', name: 'f', arguments: '{"x":1}' };

/** The events of an answer, each of them read as a client would. */
function answer(pieces: ContentPiece[], { streamUsage = true } = {}) {
  const chunks = new ChatChunks(identity, streamUsage);
  return eventsOf(pieces.map((piece) => chunks.piece(piece)).join('') + chunks.ending('stop', USAGE));
}

function eventsOf(sse: string) {
  expect(sse.endsWith('\n\n')).toBe(true);
  const events = sse.slice(0, -2).split('\n\n');
  for (const event of events) expect(event).toMatch(/^data: .+$/); // one line, no `event:`, no `id:`
  return events.map((event) => (event === 'data: [DONE]' ? '[DONE]' : JSON.parse(event.slice(6))));
}
const deltas = (events: ReturnType<typeof eventsOf>) =>
  events.map((event) => event.choices?.[0]?.delta).filter(Boolean);

const anyPiece: fc.Arbitrary<ContentPiece> = fc.oneof(
  fc.record({ type: fc.constantFrom('text', 'thinking'), text: fc.string({ unit: 'binary' }) }),
  fc.record({
    type: fc.constant('tool-call' as const),
    index: fc.nat(9),
    id: fc.string({ unit: 'binary' }),
    name: fc.string({ unit: 'binary' }),
    arguments: fc.json(),
  }),
);

describe('every chunk of an answer', () => {
  it('is one line of JSON with the same id, time and model, and bears one kind of content', () => {
    fc.assert(
      fc.property(fc.array(anyPiece), fc.boolean(), (pieces, streamUsage) => {
        const events = answer(pieces, { streamUsage });
        expect(events.at(-1)).toBe('[DONE]');
        for (const event of events.slice(0, -1)) {
          expect(event).toMatchObject({
            id: 'chatcmpl-ab12',
            object: 'chat.completion.chunk',
            created: 1_700_000_000,
            model: identity.model,
          });
        }
        for (const delta of deltas(events)) {
          expect(
            ['content', 'reasoning_content', 'tool_calls'].filter((key) => key in delta).length,
          ).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('says the role once, in the first, also when there is no content', () => {
    expect(deltas(answer([{ type: 'text', text: 'a' }, CALL])).map((delta) => delta.role)).toEqual([
      'assistant',
      undefined,
      undefined,
    ]);
    expect(deltas(answer([]))).toEqual([{ role: 'assistant', content: '' }]);
  });

  it('tells thinking under both names', () => {
    expect(deltas(answer([{ type: 'thinking', text: '想' }]))[0]).toMatchObject({
      reasoning_content: '想',
      reasoning: '想',
    });
  });

  it('brings a tool call whole, with index, id, type and the text of its arguments', () => {
    expect(deltas(answer([CALL]))[0].tool_calls).toEqual([
      { index: 1, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
    ]);
  });
});

describe('the end of a stream', () => {
  it('is a finish chunk without content, the usage alone, and [DONE]', () => {
    const [, finish, usage, done] = answer([{ type: 'text', text: 'a' }]);
    expect(finish).toMatchObject({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: null });
    expect(usage).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    });
    expect(done).toBe('[DONE]');
  });

  it('has no usage anywhere when that was not asked for', () => {
    expect(answer([CALL], { streamUsage: false }).filter((event) => 'usage' in Object(event))).toEqual([]);
  });

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['tool-calls', 'tool_calls'],
    ['content-filter', 'content_filter'],
  ] as const)('tells the reason %s as %s', (reason, told) => {
    expect(eventsOf(new ChatChunks(identity, false).ending(reason, USAGE))[0].choices[0].finish_reason).toBe(
      told,
    );
  });

  it('after a failure is the error object, and [DONE]', () => {
    const error = new GatewayError('upstream_error', 'line\n"two"');
    expect(eventsOf(failedStream(error))).toEqual([
      { error: { message: 'line\n"two"', type: 'server_error', param: null, code: 'upstream_error' } },
      '[DONE]',
    ]);
  });
});

it('a sign of life is a comment that dispatches nothing', () => {
  expect(KEEP_ALIVE).toMatch(/^:[^\n]*\n$/);
});

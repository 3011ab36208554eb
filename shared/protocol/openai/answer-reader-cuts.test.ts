import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chatChunk, FINISH, readAll, sse, USAGE } from '../../fixtures/openai-events.ts';
import { anyCutOf, byteByByte, recorded } from '../../fixtures/streams.ts';
import { AnswerReader } from './answer-reader.ts';
import { ChatChoiceReader, CompletionChoiceReader } from './choice-reader.ts';

const chat = (chunks: Buffer[]) => readAll(new AnswerReader(new ChatChoiceReader('1')), chunks);
const completion = (chunks: Buffer[]) => readAll(new AnswerReader(new CompletionChoiceReader()), chunks);

/** A recording in the forms that a stream of events may have on its way. */
const text = (name: string) => recorded(name).toString();
const STREAMS = ['openai-text.sse', 'openai-thinking.sse', 'openai-tool-calls.sse'].flatMap(
  (name): [string, string][] => [
    [name, text(name)],
    [`${name} with CRLF`, text(name).replaceAll('\n', '\r\n')],
    [`${name} after a byte order mark and blank lines`, `\ufeff\r\n\n${text(name)}`],
    [
      `${name} with comments`,
      `: hi 你\n\n${text(name).replaceAll('\n\n', '\n\n: keep-alive\n: still 在\n\n')}`,
    ],
    [`${name} without spaces after data:`, text(name).replaceAll('data: ', 'data:')],
    [`${name} with other fields`, text(name).replaceAll('data: ', 'event: message\nid: 7\ndata: ')],
    [`${name} without its last blank line`, text(name).trimEnd()],
    [`${name} without its [DONE]`, text(name).replace('data: [DONE]\n\n', '')],
  ],
);
const WHOLE = JSON.stringify({
  choices: [{ message: { role: 'assistant', content: '一 🌍' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 2 },
});

describe.each(STREAMS)('the stream %s', (name, stream) => {
  const bytes = Buffer.from(stream);
  const whole = chat([bytes]);

  it('gives the pieces of the recording, in whatever chunks it comes', () => {
    expect(whole).toEqual(chat([recorded(name.split(' ')[0]!)]));
    expect(chat(byteByByte(bytes))).toEqual(whole);
    fc.assert(
      fc.property(anyCutOf(bytes), (chunks) => {
        expect(chat(chunks)).toEqual(whole);
      }),
    );
  });

  it('ends once, with a finish after its usage', () => {
    const ends = whole.filter(({ type }) => type === 'finish' || type === 'failure');
    expect(ends).toEqual([whole.at(-1)]);
    expect(whole.slice(-2).map(({ type }) => type)).toEqual(['usage', 'finish']);
  });

  it('is a failure wherever it is cut off before its finish', () => {
    const finish = bytes.indexOf('"finish_reason":"');
    fc.assert(
      fc.property(fc.nat(finish), (end) => {
        const pieces = chat([bytes.subarray(0, end)]);
        expect(pieces.at(-1)).toMatchObject({ type: 'failure', error: { failure: 'upstream_error' } });
        expect(whole.slice(0, pieces.length - 1)).toEqual(pieces.slice(0, -1));
      }),
    );
  });
});

it('an answer that came as one object though a stream was asked for is the same in whatever chunks it comes', () => {
  const bytes = Buffer.from(` \n${WHOLE}\n`);
  const whole = chat([bytes]);
  expect(whole).toEqual([
    { type: 'text', text: '一 🌍' },
    { type: 'usage', usage: { prompt: 1, output: 2 } },
    { type: 'finish', reason: 'stop' },
  ]);
  fc.assert(
    fc.property(anyCutOf(bytes), (chunks) => {
      expect(chat(chunks)).toEqual(whole);
    }),
  );
});

it('texts cut into chunks anywhere are put together again, thinking apart from the rest', () => {
  const part = fc.record({ kind: fc.constantFrom('content', 'reasoning_content'), text: fc.string() });
  fc.assert(
    fc.property(fc.array(part), fc.infiniteStream(fc.nat()), (parts, chance) => {
      const deltas = parts.map(({ kind, text: said }) => chatChunk({ [kind]: said }));
      const bytes = Buffer.from(sse(...deltas, FINISH, USAGE, '[DONE]'));
      const at = (chance.next().value ?? 0) % (bytes.length + 1);
      const pieces = chat([bytes.subarray(0, at), bytes.subarray(at)]);
      expect(pieces.slice(0, -2)).toEqual(
        parts
          .filter(({ text: said }) => said !== '')
          .map(({ kind, text: said }) => ({ type: kind === 'content' ? 'text' : 'thinking', text: said })),
      );
    }),
  );
});

it.each([
  ['chat', chat],
  ['completion', completion],
] as const)('any bytes at all give pieces of a %s and one end, whatever they are', (_, read) => {
  const object = (keys: Record<string, fc.Arbitrary<unknown>>) => fc.record(keys, { requiredKeys: [] });
  const any = fc.jsonValue({ maxDepth: 2 });
  const call = object({ index: any, id: any, function: object({ name: any, arguments: any }) });
  const delta = object({ content: any, reasoning: any, tool_calls: fc.oneof(any, fc.array(call)) });
  const choice = fc.oneof(
    any,
    object({ delta: fc.oneof(any, delta), message: any, text: any, finish_reason: any }),
  );
  const event = fc.oneof(any, object({ choices: fc.oneof(any, fc.array(choice)), usage: any, error: any }));
  const frame = fc.oneof(
    event.map((value) => sse(JSON.stringify(value))),
    event.map((value) => JSON.stringify(value)),
    fc.string(),
    fc.constant(sse(FINISH)),
    fc.constant(sse('[DONE]')),
  );
  fc.assert(
    fc.property(fc.array(frame), (frames) => {
      const pieces = read([Buffer.from(frames.join(''))]);
      const ends = pieces.filter(({ type }) => type === 'finish' || type === 'failure');
      expect(ends).toEqual([pieces.at(-1)]);
      for (const piece of pieces) {
        if (piece.type === 'text' || piece.type === 'thinking') expect(piece.text).toBeTypeOf('string');
        if (piece.type === 'tool-call') expect(JSON.parse(piece.arguments)).toBeTypeOf('object');
      }
    }),
    { numRuns: 1_000 },
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCutOf, byteByByte, recorded } from '../../fixtures/streams.ts';
import type { Piece } from '../piece.ts';
import { ChatReader } from './chat-reader.ts';

function read(chunks: Buffer[]): Piece[] {
  const reader = new ChatReader('1');
  return [...chunks.flatMap((chunk) => reader.read(chunk)), ...reader.end()];
}

/** A recording in the forms that a line-based stream may have on its way. */
const text = (name: string) => recorded(name).toString();
const STREAMS: [string, string][] = [
  'ollama-text.ndjson',
  'ollama-thinking.ndjson',
  'ollama-tool-calls.ndjson',
].flatMap((name): [string, string][] => [
  [name, text(name)],
  [`${name} with CRLF`, text(name).replaceAll('\n', '\r\n')],
  [`${name} with blank lines`, `\n \r\n${text(name).replaceAll('\n', '\n\n')}`],
  [`${name} without a last line end`, text(name).trimEnd()],
  [
    `${name} with an error line`,
    `${text(name).split('\n').slice(0, -2).join('\n')}\n{"error":"server 忙 🤯"}\n`,
  ],
  [`${name}, cut off`, text(name).slice(0, -40)],
]);

describe.each(STREAMS)('the stream %s', (name, stream) => {
  const whole = read([Buffer.from(stream)]);

  it('gives the same pieces for every cut into chunks', () => {
    fc.assert(
      fc.property(anyCutOf(Buffer.from(stream)), (chunks) => {
        expect(read(chunks)).toEqual(whole);
      }),
    );
    expect(read(byteByByte(Buffer.from(stream)))).toEqual(whole);
  });

  it('ends once, with a finish after its usage, or with a failure', () => {
    const ends = whole.map((piece) => piece.type).filter((type) => type === 'finish' || type === 'failure');
    expect(ends).toEqual([/error|cut off/.test(name) ? 'failure' : 'finish']);
    expect(whole.at(-1)?.type).toBe(ends[0]);
    if (ends[0] === 'finish') expect(whole.at(-2)?.type).toBe('usage');
  });
});

it('any bytes at all give pieces and one end, whatever they are', () => {
  const line = fc.oneof(
    fc.json(),
    fc.string(),
    fc
      .record(
        {
          message: fc.oneof(
            fc.jsonValue(),
            fc.record(
              { content: fc.jsonValue(), thinking: fc.jsonValue(), tool_calls: fc.jsonValue() },
              { requiredKeys: [] },
            ),
          ),
          done: fc.jsonValue(),
          done_reason: fc.jsonValue(),
          eval_count: fc.jsonValue(),
          error: fc.jsonValue(),
        },
        { requiredKeys: [] },
      )
      .map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const pieces = read([Buffer.from(lines.join('\n'))]);
      const ends = pieces.filter(({ type }) => type === 'finish' || type === 'failure');
      expect(ends).toEqual([pieces.at(-1)]);
      for (const piece of pieces) if (piece.type === 'text') expect(piece.text).toBeTypeOf('string');
    }),
    { numRuns: 1_000 },
  );
});

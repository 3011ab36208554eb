import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCutOf, thrownBy } from '../../fixtures/streams.ts';
import type { ContentPiece, Piece } from '../piece.ts';
import { AnswerFrame, timeOf } from './answer-frame.ts';
import { saidInChat, saidInGenerate } from './answer-line.ts';
import { AnswerLines, keepAliveLine } from './answer-lines.ts';
import { AnswerReader } from './answer-reader.ts';
import { WholeAnswer } from './whole-answer.ts';
import { chatWording, generateWording } from './wording.ts';

const identity = { id: '7f', createdAtSeconds: 1_755_770_400, model: 'canonical' };
/** A clock that shows these times, and then the last of them. */
const frame = (...times: number[]) => {
  let at = 0;
  const now = () => times[Math.min(at++, times.length - 1)]!;
  return new AnswerFrame({ model: 'asked:latest', startedAtMs: 100 }, identity, now);
};
const USAGE = { prompt: 6, output: 3 };
const TIMINGS = { load: 5, prompt: 6, output: 7 };
const toolCall = (text: string): ContentPiece => ({
  type: 'tool-call',
  index: 0,
  id: 'call_1',
  name: 'f',
  arguments: text,
});

const forms = [
  ['chat', chatWording, saidInChat],
  ['generate', generateWording, saidInGenerate],
] as const;

describe('the lines of an answer', () => {
  it('have the name that was asked for and the time in nanoseconds', () => {
    const lines = new AnswerLines(frame(1000, 1001.25, 1002.5, 1002.5), chatWording);
    expect(lines.piece({ type: 'text', text: 'Hi' })).toBe(
      '{"model":"asked:latest","created_at":"2025-08-21T10:00:00.001250000Z","message":{"role":"assistant","content":"Hi"},"done":false}\n',
    );
    expect(JSON.parse(lines.ending('stop', USAGE, TIMINGS))).toEqual({
      model: 'asked:latest',
      created_at: '2025-08-21T10:00:00.002500000Z',
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: 'stop',
      total_duration: 902_500_000,
      load_duration: 5,
      prompt_eval_count: 6,
      prompt_eval_duration: 6,
      eval_count: 3,
      eval_duration: 7,
    });
  });

  it.each([
    ['tool-calls', 'stop'],
    ['length', 'length'],
    ['content-filter', 'content_filter'],
  ] as const)('end for %s by %s, and leave out what took nobody knows how long', (reason, word) => {
    const end = JSON.parse(new AnswerLines(frame(100), chatWording).ending(reason, USAGE, {}));
    expect(end).toMatchObject({ done_reason: word, total_duration: 1 });
    expect(end).not.toHaveProperty('load_duration');
  });

  it('give the arguments of a tool call as an object', () => {
    const lines = new AnswerLines(frame(0), chatWording);
    const args = (text: string) =>
      JSON.parse(lines.piece(toolCall(text))).message.tool_calls[0].function.arguments;
    expect(args('{"a":{"b":1}}')).toEqual({ a: { b: 1 } });
    expect(args('')).toEqual({});
    for (const text of ['{', '[]', '5', 'null'])
      expect(thrownBy(() => lines.piece(toolCall(text)))).toMatchObject({ failure: 'model_error' });
  });
});

const piece: fc.Arbitrary<ContentPiece> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: fc.string({ minLength: 1, unit: 'grapheme' }) }),
  fc.record({ type: fc.constant('thinking' as const), text: fc.string({ minLength: 1 }) }),
);
const call = fc.record({ name: fc.string(), value: fc.dictionary(fc.string(), fc.jsonValue()) });

describe.each(forms)('what is written for a caller of /api/%s', (form, wording, saidIn) => {
  const readAll = (chunks: Buffer[]): Piece[] => {
    const reader = new AnswerReader('1', saidIn);
    return [...chunks.flatMap((chunk) => reader.read(chunk)), ...reader.end()];
  };
  const calls = form === 'chat' ? fc.array(call, { maxLength: 3 }) : fc.constant([]);

  it('is what an Ollama would say: read again, it is the same, however it is cut', () => {
    const streams = fc.tuple(fc.array(piece), calls).chain(([said, called]) => {
      const pieces: ContentPiece[] = [...said, ...called.map(pieceOf)];
      const lines = new AnswerLines(frame(0), wording);
      const text = pieces.map((each) => lines.piece(each)).join('') + lines.ending('stop', USAGE, TIMINGS);
      return fc.tuple(fc.constant(pieces), anyCutOf(Buffer.from(text)));
    });
    fc.assert(
      fc.property(streams, ([pieces, chunks]) => {
        const read = readAll(chunks);
        expect(read.slice(0, -2)).toEqual(pieces);
        expect(read.at(-2)).toMatchObject({ type: 'usage', usage: USAGE, timings: TIMINGS });
      }),
    );
  });

  it('says whole what a stream says in pieces', () => {
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const whole = new WholeAnswer(frame(0), wording);
        for (const each of pieces) expect(whole.piece(each)).toBe('');
        const read = readAll([Buffer.from(whole.ending('length', USAGE, {}))]);
        const textOf = (list: Piece[], type: string) =>
          list.map((each) => (each.type === type && 'text' in each ? each.text : '')).join('');
        for (const type of ['text', 'thinking']) expect(textOf(read, type)).toBe(textOf(pieces, type));
        expect(read.at(-1)).toEqual({ type: 'finish', reason: 'length' });
      }),
    );
  });

  it('adds nothing by a sign of life', () => {
    const sign = keepAliveLine('m', wording, 1_755_770_400_000.5);
    expect(sign).toContain('"created_at":"2025-08-21T10:00:00.000500000Z"');
    expect(new AnswerReader('1', saidIn).read(Buffer.from(sign))).toEqual([]);
  });
});

function pieceOf({ name, value }: { name: string; value: object }, index: number): ContentPiece {
  return { type: 'tool-call', index, id: `call_${index}`, name, arguments: JSON.stringify(value) };
}

it('a time has nine digits after its seconds, as Go writes it', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 4e12, noNaN: true }), (ms) => {
      const time = timeOf(ms);
      expect(time).toMatch(/T\d\d:\d\d:\d\d\.\d{9}Z$/);
      expect(Date.parse(time)).toBe(Math.floor(ms));
    }),
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerMeter, type Measured } from './answer-meter.ts';

const ANSWER = Buffer.from(
  [
    '{"message":{"content":"\\"eval_count\\":99 世界"},"done":false}',
    '{"message":{"content":""},"done":true,"prompt_eval_count":11,"eval_count":18,"eval_duration":2000000000}',
    '',
  ].join('\n'),
);
const MEASURED = { promptTokens: 11, outputTokens: 18, outputSeconds: 2 };

function measure(chunks: Buffer[]): Measured[] {
  const measured: Measured[] = [];
  const meter = new AnswerMeter((each) => measured.push(each));
  for (const chunk of chunks) meter.read(chunk);
  meter.end();
  return measured;
}

describe('the meter', () => {
  it('reads the last line once, wherever a stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(ANSWER.length)), (cuts) => {
        const borders = [0, ...cuts.toSorted((a, b) => a - b), ANSWER.length];
        const chunks = borders.slice(1).map((end, index) => ANSWER.subarray(borders[index], end));
        expect(measure(chunks)).toEqual([MEASURED]);
      }),
    );
  });

  it.each([
    [
      'a whole answer',
      '{"done":true,"eval_count":3}',
      [{ promptTokens: undefined, outputTokens: 3, outputSeconds: undefined }],
    ],
    [
      'vectors',
      '{"embeddings":[[1]],"prompt_eval_count":4}',
      [{ promptTokens: 4, outputTokens: undefined, outputSeconds: undefined }],
    ],
    ['an error', '{"error":"model \'x\' not found"}', []],
    ['no JSON', 'Ollama is "eval_count": running', []],
    ['a count that is none', '{"done":true,"eval_count":-1}', []],
    ['a line that is too long', `{"context":"${'1'.repeat(1024 * 1024)}","done":true,"eval_count":3}`, []],
  ])('reads of %s what there is', (_, text, expected) => {
    expect(measure([Buffer.from(text)])).toEqual(expected);
  });
});

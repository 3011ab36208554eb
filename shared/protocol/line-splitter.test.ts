import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCutOf } from '../fixtures/streams.ts';
import { LineSplitter } from './line-splitter.ts';

const KEEP = 1_000_000;

function split(chunks: Buffer[], limitBytes = KEEP) {
  const splitter = new LineSplitter(limitBytes);
  const lines = chunks.flatMap((chunk) => splitter.split(chunk)).map(String);
  return { lines, rest: String(splitter.rest), isOverlong: splitter.isOverlong };
}

describe('lines', () => {
  it('are the same whatever chunks they come in', () => {
    const text = fc
      .array(fc.constantFrom('中', '🌍', 'a', '\r', '\n', '\n\n', 'ü'))
      .map((parts) => parts.join(''));
    const cut = text.chain((whole) => fc.tuple(fc.constant(whole), anyCutOf(Buffer.from(whole))));
    fc.assert(
      fc.property(cut, ([whole, chunks]) => {
        const expected = whole.split('\n');
        const rest = expected.pop();
        expect(split(chunks)).toEqual({ lines: expected, rest, isOverlong: false });
      }),
    );
  });

  it('keep their carriage return', () => {
    expect(split([Buffer.from('a\r'), Buffer.from('\nb')])).toMatchObject({ lines: ['a\r'], rest: 'b' });
  });

  it('may be empty', () => {
    expect(split([Buffer.from('\n\n')]).lines).toEqual(['', '']);
  });
});

describe('a line that grows beyond the limit', () => {
  it('is told in the same place whatever chunks it comes in, after the lines before it', () => {
    fc.assert(
      fc.property(anyCutOf(Buffer.from('one\ntwo\nmuch too long\nfour\n')), (chunks) => {
        expect(split(chunks, 8)).toEqual({ lines: ['one', 'two'], rest: '', isOverlong: true });
      }),
    );
  });

  it('may be just as long as the limit', () => {
    expect(split([Buffer.from('12345678\n')], 8)).toMatchObject({ lines: ['12345678'], isOverlong: false });
  });

  it('is not many short ones together', () => {
    expect(split([Buffer.from('1234\n1234\n12'), Buffer.from('34\n')], 5)).toMatchObject({
      isOverlong: false,
    });
  });

  it('costs no more than its length, however small its chunks are', () => {
    const splitter = new LineSplitter(64 * 1024 * 1024);
    const chunk = Buffer.alloc(1024, 'x');
    const startedAtMs = performance.now();
    for (let kilobytes = 0; kilobytes < 32 * 1024; kilobytes += 1) splitter.split(chunk);
    expect(splitter.split(Buffer.from('\n'))[0]).toHaveLength(32 * 1024 * 1024);
    expect(performance.now() - startedAtMs).toBeLessThan(2_000); // copied at each chunk, this took minutes
  });
});

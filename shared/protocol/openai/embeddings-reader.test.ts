import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCutOf } from '../../fixtures/streams.ts';
import type { Piece } from '../piece.ts';
import { EmbeddingsReader } from './embeddings-reader.ts';

function read(chunks: readonly Buffer[], texts: number): Piece[] {
  const reader = new EmbeddingsReader(texts);
  return [...chunks.flatMap((chunk) => reader.read(chunk)), ...reader.end()];
}
const readJson = (body: unknown, texts = 1) =>
  read([Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))], texts);
const base64 = (vector: number[]) => Buffer.from(Float32Array.from(vector).buffer).toString('base64');

const VECTORS = [
  [0.5, -1, 0],
  [1e-8, 2, 3],
];
const PIECES = [
  ...VECTORS.map((vector, index) => ({ type: 'embedding', index, vector })),
  { type: 'usage', usage: { prompt: 4, output: 0 } },
  { type: 'finish', reason: 'stop' },
];
const answer = (data: unknown) => ({ object: 'list', data, usage: { prompt_tokens: 4, total_tokens: 4 } });
const inOrder = answer(VECTORS.map((embedding, index) => ({ object: 'embedding', index, embedding })));

describe('embeddings', () => {
  it('are read in whatever chunks they come', () => {
    const bytes = Buffer.from(JSON.stringify(inOrder));
    fc.assert(
      fc.property(anyCutOf(bytes), (chunks) => {
        expect(read(chunks, 2)).toEqual(PIECES);
      }),
    );
  });

  it('are given in the order of the texts, whatever order they come in', () => {
    expect(readJson({ ...inOrder, data: inOrder.data }, 2)).toEqual(PIECES);
    const data = VECTORS.map((embedding, index) => ({ index, embedding })).reverse();
    expect(readJson(answer(data), 2)).toEqual(PIECES);
  });

  it('without an index come in that order', () => {
    expect(readJson(answer(VECTORS.map((embedding) => ({ embedding }))), 2)).toEqual(PIECES);
  });

  it('in base64 are floats all the same', () => {
    const float = fc.float({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(float, { minLength: 1 }), (vector) => {
        const [piece] = readJson(answer([{ index: 0, embedding: base64(vector) }]));
        expect(piece).toEqual({ type: 'embedding', index: 0, vector });
      }),
    );
  });

  it('without a usage have none', () => {
    const pieces = readJson({ data: [{ index: 0, embedding: [1] }] });
    expect(pieces.map(({ type }) => type)).toEqual(['embedding', 'finish']);
  });
});

it.each<[string, unknown]>([
  ['an error', { error: { message: 'boom' } }],
  ['no JSON', '<html>'],
  ['nothing', ''],
  ['no object', 'null'],
  ['half of it', '{"data":[{"index":0,"embedding":[1'],
  ['no list', answer({})],
  ['too few', answer([])],
  ['too many', answer([{ embedding: [1] }, { embedding: [1] }])],
  ['an index that is none', answer([{ index: 'x', embedding: [1] }])],
  ['an index out of place', answer([{ index: 1, embedding: [1] }])],
  ['a vector of no numbers', answer([{ index: 0, embedding: ['1'] }])],
  ['no vector', answer([{ index: 0 }])],
  ['an entry that is none', answer([null])],
  ['a vector of infinite numbers', '{"data":[{"index":0,"embedding":[1e999]}]}'],
  ['floats that are none', answer([{ index: 0, embedding: 'AADAfw==' }])],
  ['half a float', answer([{ index: 0, embedding: 'AAA=' }])],
  ['an empty vector', answer([{ index: 0, embedding: [] }])],
  ['no float', answer([{ index: 0, embedding: '' }])],
])('an answer that is %s is a failure', (_, body) => {
  expect(readJson(body)).toMatchObject([{ type: 'failure', error: { failure: 'upstream_error' } }]);
});

it('two vectors of one text are a failure', () => {
  const data = [
    { index: 0, embedding: [1] },
    { index: 0, embedding: [2] },
  ];
  expect(readJson(answer(data), 2)).toMatchObject([{ type: 'failure' }]);
});

it.each([
  [1, 'upstream_error'],
  [2, 'invalid_request'],
])('an answer without end to %i texts is a failure before it fills the memory', (texts, failure) => {
  const reader = new EmbeddingsReader(texts);
  const megabyte = Buffer.alloc(1024 * 1024, '[');
  const pieces = Array.from({ length: 40 }, () => reader.read(megabyte)).flat();
  expect(pieces).toMatchObject([{ type: 'failure', error: { failure } }]);
  expect(reader.end()).toEqual([]);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCutOf, byteByByte } from '../../fixtures/streams.ts';
import type { Piece } from '../piece.ts';
import { EmbedReader } from './embed-reader.ts';

const VECTORS = [
  [0.5, -0.25],
  [1e-7, 1],
];
const ANSWER = {
  model: 'm',
  embeddings: VECTORS,
  total_duration: 900,
  load_duration: 7,
  prompt_eval_count: 5,
};

function read(answer: unknown, texts = VECTORS.length, limitBytes?: number): Piece[] {
  const bytes = Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer));
  return readChunks([bytes], texts, limitBytes);
}

function readChunks(chunks: Buffer[], texts = VECTORS.length, limitBytes?: number): Piece[] {
  const reader = new EmbedReader(texts, limitBytes);
  return [...chunks.flatMap((chunk) => reader.read(chunk)), ...reader.end()];
}

const failureOf = (pieces: Piece[]) => pieces.map((piece) => piece.type === 'failure' && piece.error.failure);

describe('the answer of /api/embed', () => {
  it('is its vectors in order, what they used, and a finish', () => {
    expect(read(ANSWER)).toEqual([
      { type: 'embedding', index: 0, vector: VECTORS[0] },
      { type: 'embedding', index: 1, vector: VECTORS[1] },
      { type: 'usage', usage: { output: 0, prompt: 5 }, timings: { load: 7 } },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  it('does not say what Ollama does not say', () => {
    const [, , usage] = read({ embeddings: VECTORS });
    expect(usage).toEqual({ type: 'usage', usage: { output: 0 }, timings: {} });
  });

  it('is the same for every cut into chunks, and nothing before its end', () => {
    const bytes = Buffer.from(JSON.stringify(ANSWER));
    fc.assert(
      fc.property(anyCutOf(bytes), (chunks) => {
        expect(readChunks(chunks)).toEqual(read(ANSWER));
      }),
    );
    const reader = new EmbedReader(2);
    expect(byteByByte(bytes).flatMap((byte) => reader.read(byte))).toEqual([]);
  });

  it('is a failure wherever it is cut off', () => {
    const text = JSON.stringify(ANSWER);
    fc.assert(
      fc.property(fc.nat(text.length - 1), (length) => {
        expect(failureOf(read(text.slice(0, length)))).toEqual(['upstream_error']);
      }),
    );
  });

  it.each([
    ['of too few vectors', { embeddings: [[1]] }],
    ['of too many', { embeddings: [[1], [2], [3]] }],
    ['of vectors of several lengths', { embeddings: [[1], [2, 3]] }],
    ['of empty vectors', { embeddings: [[], []] }],
    ['of what is no number', { embeddings: [[1], ['1']] }],
    ['of infinite numbers', '{"embeddings":[[1e999],[1]]}'],
    ['of nothing', {}],
    ['of null', { embeddings: [null, null] }],
    ['that is a page', '<!doctype html>'],
    ['that is a list', [[1], [2]]],
  ])('%s is a failure', (_, answer) => {
    expect(failureOf(read(answer))).toEqual(['upstream_error']);
  });

  it('that is longer than can be is a failure at once, and what follows is let go', () => {
    const reader = new EmbedReader(1, 10);
    expect(reader.read(Buffer.alloc(10))).toEqual([]);
    expect(failureOf(reader.read(Buffer.alloc(1)))).toEqual(['upstream_error']);
    expect(reader.read(Buffer.alloc(100))).toEqual([]);
    expect(reader.end()).toEqual([]);
  });

  it('that is too long for many texts is for the caller to ask for in parts', () => {
    expect(failureOf(read(ANSWER, 2, 10))).toEqual(['invalid_request']);
  });

  it('may be an error', () => {
    expect(failureOf(read({ error: 'server busy, please try again.' }))).toEqual(['server_overloaded']);
  });
});

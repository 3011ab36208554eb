import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EmbeddingsList } from './embeddings-list.ts';

function listOf(vectors: readonly (readonly number[])[], inBase64: boolean) {
  const writer = new EmbeddingsList('模型/"m"', inBase64);
  for (const [index, vector] of vectors.entries()) writer.embedding({ type: 'embedding', index, vector });
  return JSON.parse(writer.ending('stop', { prompt: 7, output: 0 }));
}

const anyVectors = fc.array(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }));

/** As SDKs read it. */
const floatsOf = (base64: string) => {
  const bytes = Buffer.from(base64, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
};

describe('a list of vectors', () => {
  it('has each of them in its place, with the usage of the prompt', () => {
    expect(
      listOf(
        [
          [1, -0.5],
          [0, 2],
        ],
        false,
      ),
    ).toEqual({
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: [1, -0.5] },
        { object: 'embedding', index: 1, embedding: [0, 2] },
      ],
      model: '模型/"m"',
      usage: { prompt_tokens: 7, total_tokens: 7 },
    });
  });

  it('is the same in base64, to the last bit of a float32', () => {
    fc.assert(
      fc.property(anyVectors, (vectors) => {
        const { data } = listOf(vectors, true) as { data: { embedding: string }[] };
        expect(data.map(({ embedding }) => floatsOf(embedding))).toEqual(vectors);
      }),
    );
  });

  it('in base64 is little-endian, whatever machine wrote it', () => {
    expect(listOf([[1]], true).data[0].embedding).toBe('AACAPw==');
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeOllama, startFakeOllama } from './fake-ollama.ts';
import { json, post } from './test-client.ts';

let fake: FakeOllama;
beforeEach(async () => {
  fake = await startFakeOllama();
});
afterEach(() => fake.stop());

type Answer = { embeddings: number[][]; prompt_eval_count?: number };
const embed = async (body: object) =>
  (await json(post(fake, '/api/embed', { model: 'embed', ...body }))) as unknown as Answer;

describe('an embedding', () => {
  it('is a vector of length 1 for each input, the same for the same text', async () => {
    const answer = await embed({ input: ['你好', 'world', '你好'] });
    expect(answer).toMatchObject({
      model: 'embed',
      prompt_eval_count: 6,
      total_duration: expect.any(Number),
    });
    expect(answer.embeddings.map((vector) => vector.length)).toEqual([16, 16, 16]);
    expect(Math.hypot(...answer.embeddings[0]!)).toBeCloseTo(1, 5);
    expect(answer.embeddings[0]).toEqual(answer.embeddings[2]);
    expect(answer.embeddings[0]).not.toEqual(answer.embeddings[1]);
  });

  it('has the dimensions that were asked for, and still length 1', async () => {
    const [vector] = (await embed({ input: 'x', dimensions: 4 })).embeddings;
    expect(vector).toHaveLength(4);
    expect(Math.hypot(...vector!)).toBeCloseTo(1, 5);
  });

  it('of nothing is nothing, and loads the model', async () => {
    const answer = await embed({ input: '' });
    expect(answer.embeddings).toEqual([]);
    expect(answer).not.toHaveProperty('prompt_eval_count');
    expect(fake.loads).toHaveLength(1);
  });

  it('of a text that is too long is of its beginning, unless that is forbidden', async () => {
    expect((await embed({ input: 'x'.repeat(4_000) })).prompt_eval_count).toBe(512);
    expect(await embed({ input: 'x'.repeat(4_000), truncate: false })).toEqual({
      error: 'the input length exceeds the context length',
    });
  });

  it('comes alone on the old route', async () => {
    const answer = await json(post(fake, '/api/embeddings', { model: 'embed', prompt: 'x' }));
    expect(Object.keys(answer)).toEqual(['embedding']);
    expect(answer.embedding).toHaveLength(16);
  });
});

describe('an embedding for an OpenAI client', () => {
  const openAi = (body: object) => json(post(fake, '/v1/embeddings', { model: 'embed', ...body }));

  it('is a list, with usage', async () => {
    expect(await openAi({ input: 'hello' })).toEqual({
      object: 'list',
      data: [{ object: 'embedding', embedding: expect.any(Array), index: 0 }],
      model: 'embed',
      usage: { prompt_tokens: 2, total_tokens: 2 },
    });
  });

  it('is little-endian floats in base64 when asked for', async () => {
    type List = { data: { embedding: never }[] };
    const floats = (await openAi({ input: 'hello' })) as unknown as List;
    const packed = (await openAi({ input: 'hello', encoding_format: 'base64' })) as unknown as List;
    const bytes = Buffer.from(packed.data[0]!.embedding, 'base64');
    expect(Array.from({ length: 16 }, (_, at) => bytes.readFloatLE(at * 4))).toEqual(
      floats.data[0]!.embedding,
    );
  });

  it('may be of the empty string', async () => {
    expect(((await openAi({ input: '' })) as { data: unknown[] }).data).toHaveLength(1);
  });

  it.each([
    [{ input: [] }, 'invalid input'],
    [{ input: null }, 'invalid input'],
    [
      { input: 'x', encoding_format: 'int8' },
      "Invalid value for 'encoding_format' = int8. Supported values: ['float', 'base64'].",
    ],
  ])('is refused for %o', async (body, message) => {
    expect(await openAi(body)).toEqual({
      error: { message, type: 'invalid_request_error', param: null, code: null },
    });
  });
});

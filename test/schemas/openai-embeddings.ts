import * as z from 'zod';

const count = z.int().min(0);

const body = <Vector extends z.ZodType>(vector: Vector) =>
  z
    .strictObject({
      object: z.literal('list'),
      data: z
        .array(z.strictObject({ object: z.literal('embedding'), index: z.int().min(0), embedding: vector }))
        .min(1)
        .refine((list) => list.every(({ index }, at) => index === at)),
      model: z.string().min(1),
      usage: z.strictObject({ prompt_tokens: count, total_tokens: count }),
    })
    .refine(({ usage }) => usage.total_tokens === usage.prompt_tokens);

/** The answer of `/v1/embeddings` (OpenAI's API reference), by its `encoding_format`. */
export const EmbeddingsBody = {
  float: body(z.array(z.number()).min(1)),
  base64: body(z.base64().refine((text) => Buffer.from(text, 'base64').length % 4 === 0)),
};

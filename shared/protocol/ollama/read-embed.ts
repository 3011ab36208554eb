import * as z from 'zod';
import { listOf } from '../list-of.ts';
import type { EmbedPrompt } from '../task.ts';
import { Options, refuseOptions } from './options.ts';
import { inferenceShape } from './request-fields.ts';

const shape = {
  model: inferenceShape.model,
  options: z.looseObject({}).nullish(),
  keep_alive: inferenceShape.keep_alive,
};

/** A request to `/api/embed`. */
export const EmbedRequest = z.looseObject({
  ...shape,
  input: z.union([z.string(), listOf(z.string())]).nullish(),
  dimensions: z.int().min(0).nullish(),
  truncate: z.boolean().nullish(),
});
export type EmbedRequest = z.infer<typeof EmbedRequest>;

/** A request to the older `/api/embeddings`. */
export const EmbeddingsRequest = z.looseObject({ ...shape, prompt: z.string().nullish() });
export type EmbeddingsRequest = z.infer<typeof EmbeddingsRequest>;

/** An empty text alone is none, as at Ollama. A text that is too long is cut unless the caller says no: so it is there. */
export function readEmbed({ input, dimensions, truncate, options }: EmbedRequest): EmbedPrompt {
  refuseOptions(options ?? {}, HOW_TO_SPEAK);
  return {
    texts: input === '' ? [] : [input ?? []].flat(),
    truncate: truncate ?? true,
    ...(dimensions && { dimensions }),
    demands: [],
  };
}

export function readEmbeddings({ prompt, options }: EmbeddingsRequest): EmbedPrompt {
  refuseOptions(options ?? {}, HOW_TO_SPEAK);
  return { texts: prompt ? [prompt] : [], truncate: true, demands: [] };
}

/** Options of a model that speaks: on a vector none has an effect, at Ollama neither. Only the context is another matter. */
const HOW_TO_SPEAK = Object.keys(Options.shape).filter((name) => name !== 'num_ctx');

import type { EmbedPrompt } from '../task.ts';
import { refuseDemands } from './refuse-demands.ts';

/**
 * Writes an `/embeddings` request. That a text may be cut is leave to do so, of which nothing can be said there.
 *
 * @throws GatewayError `unsupported_parameter` for a wish that cannot be told.
 */
export function writeEmbeddingsRequest(prompt: EmbedPrompt, model: string): Record<string, unknown> {
  refuseDemands(prompt.demands);
  return {
    model,
    input: prompt.texts,
    encoding_format: 'float',
    ...(prompt.dimensions !== undefined && { dimensions: prompt.dimensions }),
  };
}

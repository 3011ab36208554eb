import type { AnswerWriter } from '../passage.ts';
import type { EmbeddingPiece, FinishReason, Timings, Usage } from '../piece.ts';

/** Gathers vectors into the one object that is the answer. */
export class EmbedAnswer implements AnswerWriter {
  readonly #write: (vectors: readonly Vector[], usage: Usage, timings: Timings) => object;
  readonly #vectors: Vector[] = [];

  constructor(write: (vectors: readonly Vector[], usage: Usage, timings: Timings) => object) {
    this.#write = write;
  }

  piece(): '' {
    return '';
  }

  embedding({ index, vector }: EmbeddingPiece): void {
    this.#vectors[index] = vector;
  }

  ending(_reason: FinishReason, usage: Usage, timings: Timings): string {
    return JSON.stringify(this.#write(this.#vectors, usage, timings));
  }
}

type Vector = EmbeddingPiece['vector'];

/** The answer of `/api/embed`. */
export const embedObject = (
  model: string,
  embeddings: readonly Vector[],
  totalNs: number,
  usage: Usage,
  { load }: Timings,
) => ({
  model,
  embeddings,
  total_duration: totalNs,
  ...(load !== undefined && { load_duration: load }),
  prompt_eval_count: usage.prompt,
});

/** The answer of `/api/embeddings`, which knows one text and tells nothing else. */
export const embeddingsObject = (vectors: readonly Vector[]) => ({ embedding: vectors[0] ?? [] });

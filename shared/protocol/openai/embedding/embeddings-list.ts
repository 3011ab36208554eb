import type { AnswerWriter } from '../../passage.ts';
import type { EmbeddingPiece, FinishReason, Usage } from '../../piece.ts';

/** Gathers vectors into one `list` object. */
export class EmbeddingsList implements AnswerWriter {
  readonly #model: string;
  readonly #inBase64: boolean;
  readonly #objects: string[] = [];

  constructor(model: string, inBase64: boolean) {
    this.#model = model;
    this.#inBase64 = inBase64;
  }

  piece(): '' {
    return '';
  }

  /** Written at once: as text a vector of thousands of numbers takes a part of the memory. */
  embedding({ index, vector }: EmbeddingPiece): void {
    const embedding = JSON.stringify(this.#inBase64 ? base64Of(vector) : vector);
    this.#objects[index] = `{"object":"embedding","index":${index},"embedding":${embedding}}`;
  }

  /** The whole body. Nothing is generated, so the prompt is all that is used. */
  ending(_reason: FinishReason, { prompt }: Usage): string {
    const usage = JSON.stringify({ prompt_tokens: prompt, total_tokens: prompt });
    return `{"object":"list","data":[${this.#objects.join(',')}],"model":${JSON.stringify(this.#model)},"usage":${usage}}`;
  }
}

/** OpenAI's form: the numbers as little-endian float32, one after the other. */
function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(vector.length * 4);
  for (const [index, number] of vector.entries()) bytes.writeFloatLE(number, index * 4);
  return bytes.toString('base64');
}

import { GatewayError } from '#shared/errors.ts';
import type { Piece, PieceReader } from '../piece.ts';
import { vectorsTooLong } from '../vectors-too-long.ts';
import { type AnswerLine, parseLine } from './answer-line.ts';
import { ollamaFailure } from './failure.ts';
import { countOf, timingsOf } from './metrics.ts';

/** About 700 vectors of 4,096 numbers; a whole answer stands in memory more than once. */
const LIMIT_BYTES = 32 * 1024 * 1024;

/** Reads the one JSON object of `/api/embed`: nothing of it is an answer before all of it is there. */
export class EmbedReader implements PieceReader {
  readonly #texts: number;
  readonly #limitBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #ended = false;

  /** @param texts how many were sent: there must be as many vectors. */
  constructor(texts: number, limitBytes = LIMIT_BYTES) {
    this.#texts = texts;
    this.#limitBytes = limitBytes;
  }

  read(chunk: Buffer): Piece[] {
    if (this.#ended) return [];
    this.#bytes += chunk.length;
    this.#chunks.push(chunk);
    if (this.#bytes <= this.#limitBytes) return [];
    return this.#end([{ type: 'failure', error: vectorsTooLong(this.#texts) }]);
  }

  end(): Piece[] {
    return this.#ended ? [] : this.#end(this.#pieces(Buffer.concat(this.#chunks).toString('utf8')));
  }

  #pieces(text: string): Piece[] {
    const answer = parseLine(text);
    if (!answer) return [failure('The model ended its answer before it was complete.')];
    if (answer.error != null) return [{ type: 'failure', error: ollamaFailure(undefined, text) }];
    const { embeddings } = answer;
    if (!areVectors(embeddings) || embeddings.length !== this.#texts)
      return [failure('The model sent vectors that cannot be understood.')];
    const prompt = countOf((answer as AnswerLine).prompt_eval_count);
    return [
      ...embeddings.map((vector, index): Piece => ({ type: 'embedding', index, vector })),
      // No output is a fact here, not something that was left out.
      {
        type: 'usage',
        usage: { output: 0, ...(prompt !== undefined && { prompt }) },
        timings: timingsOf(answer),
      },
      { type: 'finish', reason: 'stop' },
    ];
  }

  #end(pieces: Piece[]): Piece[] {
    this.#ended = true;
    this.#chunks = [];
    return pieces;
  }
}

/** All of one length, and that not 0. */
function areVectors(value: unknown): value is number[][] {
  if (!Array.isArray(value)) return false;
  const length: unknown = (value[0] as unknown[] | undefined)?.length;
  return (value as unknown[]).every(
    (vector) =>
      Array.isArray(vector) &&
      vector.length > 0 &&
      vector.length === length &&
      vector.every((number) => Number.isFinite(number)), // 1e999 is none that could be written again
  );
}

const failure = (message: string): Piece => ({
  type: 'failure',
  error: new GatewayError('upstream_error', message),
});

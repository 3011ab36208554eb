import { asGatewayError, GatewayError } from '#shared/errors.ts';
import type { Piece, PieceReader, ReportedUsage } from '../piece.ts';
import { vectorsTooLong } from '../vectors-too-long.ts';
import { openaiFailure } from './failure.ts';
import { readUsage } from './usage.ts';

const BODY_LIMIT_BYTES = 32 * 1024 * 1024;
const FLOAT_BYTES = 4;

/** Reads the answer of `/embeddings`: one JSON object with a vector for each text, as numbers or as base64 of floats. */
export class EmbeddingsReader implements PieceReader {
  readonly #texts: number;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #ended = false;

  /** @param texts of how many vectors are wanted: with one too few, who knows which text is without. */
  constructor(texts: number) {
    this.#texts = texts;
  }

  read(chunk: Buffer): Piece[] {
    if (this.#ended) return [];
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes <= BODY_LIMIT_BYTES) return [];
    this.#ended = true;
    return [{ type: 'failure', error: vectorsTooLong(this.#texts) }];
  }

  end(): Piece[] {
    if (this.#ended) return [];
    this.#ended = true;
    try {
      return this.#piecesOf(Buffer.concat(this.#chunks).toString('utf8'));
    } catch (error) {
      return [{ type: 'failure', error: asGatewayError(error) }];
    }
  }

  #piecesOf(text: string): Piece[] {
    const { data, usage, error } = parse(text);
    if (error) throw openaiFailure(undefined, text);
    if (!Array.isArray(data) || data.length !== this.#texts) throw notEmbeddings();
    const vectors: (readonly number[])[] = [];
    for (const [at, item] of (data as unknown[]).entries()) {
      const { index, embedding } = isObject(item) ? item : {};
      const place = Number(index ?? at);
      if (!Number.isInteger(place) || place < 0 || place >= data.length || vectors[place])
        throw notEmbeddings();
      vectors[place] = vectorOf(embedding);
    }
    return [
      ...vectors.map((vector, index): Piece => ({ type: 'embedding', index, vector })),
      ...usagePieces(readUsage(usage)),
      { type: 'finish', reason: 'stop' },
    ];
  }
}

/** Nothing is generated, which is known even where it is not said. */
const usagePieces = (usage: ReportedUsage | undefined): Piece[] =>
  usage ? [{ type: 'usage', usage: { ...usage, output: 0 } }] : [];

function vectorOf(embedding: unknown): readonly number[] {
  const vector: unknown =
    typeof embedding === 'string' ? floatsOf(Buffer.from(embedding, 'base64')) : embedding;
  // What is not finite, as some models make it, JSON cannot say.
  if (Array.isArray(vector) && vector.length > 0 && vector.every((value) => Number.isFinite(value)))
    return vector as number[];
  throw notEmbeddings();
}

/** Little-endian, as all who answer in base64 write them. */
function floatsOf(bytes: Buffer): number[] {
  if (bytes.length === 0 || bytes.length % FLOAT_BYTES !== 0) throw notEmbeddings();
  return Array.from({ length: bytes.length / FLOAT_BYTES }, (_, at) => bytes.readFloatLE(at * FLOAT_BYTES));
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const failed = (message: string) => new GatewayError('upstream_error', message);
const notEmbeddings = () => failed('The model sent an answer that has not a vector for each text.');

import type { GatewayError } from '#shared/errors.ts';

/** Tokens of one call, as callers are told and charged. `reasoning` is part of `output`, `cached` of `prompt`. */
export interface Usage {
  prompt: number;
  output: number;
  reasoning?: number;
  cached?: number;
}

/** What an upstream said of it; absent means unknown, 0 is a value. */
export type ReportedUsage = Partial<Usage>;

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter';

/** A part of an answer that a reader of the conversation would see. */
export type ContentPiece =
  | { type: 'text'; text: string }
  | { type: 'thinking'; text: string }
  /** One whole call; `arguments` is the text of a JSON object. */
  | { type: 'tool-call'; index: number; id: string; name: string; arguments: string };

/** One vector of an embedding, in the order of the texts. */
export interface EmbeddingPiece {
  type: 'embedding';
  index: number;
  vector: readonly number[];
}

/** How long what took upstream, in nanoseconds, where it says so. */
export interface Timings {
  load?: number;
  prompt?: number;
  output?: number;
}

/**
 * What an upstream's answer is made of, whatever protocol it came in. `finish` or `failure` comes last,
 * exactly once, and `usage` at most once before it.
 */
export type Piece =
  | ContentPiece
  | EmbeddingPiece
  | { type: 'usage'; usage: ReportedUsage; timings?: Timings }
  | { type: 'finish'; reason: FinishReason }
  | { type: 'failure'; error: GatewayError };

/** Turns an upstream's bytes into pieces, in whatever cuts they arrive. */
export interface PieceReader {
  read(chunk: Buffer): Piece[];
  /** The bytes have ended: a failure, unless the terminal object had been read. */
  end(): Piece[];
}

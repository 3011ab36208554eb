import type { AnswerWriter } from '../passage.ts';
import type { ContentPiece, FinishReason, Timings, Usage } from '../piece.ts';
import { type AnswerFrame, timeOf } from './answer-frame.ts';
import { type Wording, wordsOf } from './wording.ts';

/** The head of a stream: no cache and no proxy may gather or compress it. */
export const NDJSON_HEADERS: Record<string, string> = {
  'content-type': 'application/x-ndjson',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

/** Writes an answer as lines of JSON, one a piece. */
export class AnswerLines implements AnswerWriter {
  readonly #frame: AnswerFrame;
  readonly #wording: Wording;

  constructor(frame: AnswerFrame, wording: Wording) {
    this.#frame = frame;
    this.#wording = wording;
  }

  piece(piece: ContentPiece): string {
    return `${this.#frame.line(this.#wording(wordsOf(piece)))}\n`;
  }

  ending(reason: FinishReason, usage: Usage, timings: Timings): string {
    return `${this.#frame.lastLine(this.#wording(NOTHING), reason, usage, timings)}\n`;
  }
}

const NOTHING = { text: '' };

/**
 * A line that adds nothing: NDJSON has no comments, and npm `ollama` complains of an empty line.
 *
 * @param epochMs the time of day
 */
export const keepAliveLine = (model: string, wording: Wording, epochMs: number): string =>
  `{"model":${JSON.stringify(model)},"created_at":"${timeOf(epochMs)}",${wording(NOTHING)},"done":false}\n`;

import type { AnswerWriter } from '../passage.ts';
import type { ContentPiece, FinishReason, Timings, Usage } from '../piece.ts';
import type { AnswerFrame } from './answer-frame.ts';
import type { ToolCallPiece, Wording } from './wording.ts';

/** Gathers an answer's pieces into one object. */
export class WholeAnswer implements AnswerWriter {
  readonly #frame: AnswerFrame;
  readonly #wording: Wording;
  readonly #toolCalls: ToolCallPiece[] = [];
  #text = '';
  #thinking = '';

  constructor(frame: AnswerFrame, wording: Wording) {
    this.#frame = frame;
    this.#wording = wording;
  }

  piece(piece: ContentPiece): '' {
    switch (piece.type) {
      case 'text':
        this.#text += piece.text;
        break;
      case 'thinking':
        this.#thinking += piece.text;
        break;
      case 'tool-call':
        this.#toolCalls.push(piece);
    }
    return '';
  }

  ending(reason: FinishReason, usage: Usage, timings: Timings): string {
    const words = { text: this.#text, thinking: this.#thinking, toolCalls: this.#toolCalls };
    return this.#frame.lastLine(this.#wording(words), reason, usage, timings);
  }
}

import type { AnswerIdentity } from '../../answer-identity.ts';
import type { AnswerWriter } from '../../passage.ts';
import type { ContentPiece, FinishReason, Usage } from '../../piece.ts';
import { usageObject } from '../usage.ts';
import { completionReason } from './completion-chunks.ts';

/** Gathers an answer's pieces into one `text_completion` object. */
export class WholeCompletion implements AnswerWriter {
  readonly #identity: AnswerIdentity;
  #text = '';
  #thinking = '';

  constructor(identity: AnswerIdentity) {
    this.#identity = identity;
  }

  piece(piece: ContentPiece): '' {
    if (piece.type === 'text') this.#text += piece.text;
    else if (piece.type === 'thinking') this.#thinking += piece.text;
    return '';
  }

  ending(reason: FinishReason, usage: Usage): string {
    const { id, createdAtSeconds, model } = this.#identity;
    const thinking = this.#thinking !== '' && {
      reasoning_content: this.#thinking,
      reasoning: this.#thinking,
    };
    const finish = { logprobs: null, finish_reason: completionReason(reason) };
    return JSON.stringify({
      id: `cmpl-${id}`,
      object: 'text_completion',
      created: createdAtSeconds,
      model,
      choices: [{ text: this.#text, index: 0, ...thinking, ...finish }],
      usage: usageObject(usage),
    });
  }
}

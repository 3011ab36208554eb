import type { AnswerIdentity } from '../answer-identity.ts';
import type { AnswerWriter } from '../passage.ts';
import type { ContentPiece, FinishReason, Usage } from '../piece.ts';
import { inputOf, messageId, signatureOf, textBlock, thinkingBlock, toolUseBlock } from './message-blocks.ts';
import { messageUsage, stopFields } from './usage.ts';

interface Options {
  /** The caller wants to know that the model has thought, not what. */
  omitThinking: boolean;
}

/** Gathers an answer's pieces into one message: what follows its own kind goes into the same block. */
export class MessageObject implements AnswerWriter {
  readonly #identity: AnswerIdentity;
  readonly #options: Options;
  readonly #blocks: object[] = [];
  /** The block that is growing. */
  #open: { type: 'text' | 'thinking'; text: string } | undefined;

  constructor(identity: AnswerIdentity, options: Options) {
    this.#identity = identity;
    this.#options = options;
  }

  piece(piece: ContentPiece): '' {
    if (piece.type === 'tool-call') {
      this.#close();
      this.#blocks.push(toolUseBlock(piece, inputOf(piece)));
      return '';
    }
    if (this.#open?.type !== piece.type) {
      this.#close();
      this.#open = { type: piece.type, text: '' };
    }
    if (piece.type === 'text' || !this.#options.omitThinking) this.#open.text += piece.text;
    return '';
  }

  /** The whole body. */
  ending(reason: FinishReason, usage: Usage): string {
    this.#close();
    return JSON.stringify({
      ...messageHead(this.#identity),
      content: this.#blocks,
      ...stopFields(reason),
      usage: messageUsage(usage),
    });
  }

  #close(): void {
    const block = this.#open;
    this.#open = undefined;
    if (block?.type === 'text') this.#blocks.push(textBlock(block.text));
    if (block?.type === 'thinking') this.#blocks.push(thinkingBlock(block.text, signatureOf(this.#identity)));
  }
}

/** What a message says of itself before it says anything. */
export const messageHead = (identity: AnswerIdentity) => ({
  id: messageId(identity),
  type: 'message',
  role: 'assistant',
  model: identity.model,
  container: null,
  diagnostics: null,
});

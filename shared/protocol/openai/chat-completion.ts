import type { AnswerIdentity } from '../answer-identity.ts';
import type { ContentPiece, FinishReason, Usage } from '../piece.ts';
import { toolCallObject } from './chat-chunks.ts';
import { finishReason, usageObject } from './usage.ts';

/** Gathers an answer's pieces into one `chat.completion` object. */
export class ChatCompletion {
  readonly #identity: AnswerIdentity;
  readonly #toolCalls: ReturnType<typeof toolCallObject>[] = [];
  #text = '';
  #thinking = '';

  constructor(identity: AnswerIdentity) {
    this.#identity = identity;
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
        this.#toolCalls.push(toolCallObject(piece));
    }
    return '';
  }

  /** The whole body. `logprobs` and `refusal` are null but present, as the strict schema wants them. */
  ending(reason: FinishReason, usage: Usage): string {
    const { id, createdAtSeconds, model } = this.#identity;
    return JSON.stringify({
      id: `chatcmpl-${id}`,
      object: 'chat.completion',
      created: createdAtSeconds,
      model,
      choices: [{ index: 0, message: this.#message(), logprobs: null, finish_reason: finishReason(reason) }],
      usage: usageObject(usage),
    });
  }

  #message() {
    const calls = this.#toolCalls.length > 0;
    return {
      role: 'assistant',
      content: this.#text === '' && calls ? null : this.#text,
      refusal: null,
      ...(this.#thinking !== '' && { reasoning_content: this.#thinking, reasoning: this.#thinking }),
      ...(calls && { tool_calls: this.#toolCalls }),
    };
  }
}

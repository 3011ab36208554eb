import type { AnswerIdentity } from '../../answer-identity.ts';
import type { AnswerWriter } from '../../passage.ts';
import type { ContentPiece, FinishReason, Usage } from '../../piece.ts';
import { finishReason, usageObject } from '../usage.ts';

/** Writes an answer as a stream of `text_completion` objects. */
export class CompletionChunks implements AnswerWriter {
  readonly #head: string;
  readonly #tail: string;
  readonly #streamUsage: boolean;

  constructor({ id, createdAtSeconds, model }: AnswerIdentity, streamUsage: boolean) {
    const shared = `"id":"cmpl-${id}","object":"text_completion","created":${createdAtSeconds},"model":${JSON.stringify(model)}`;
    this.#head = `data: {${shared},`;
    this.#tail = streamUsage ? ',"usage":null}\n\n' : '}\n\n';
    this.#streamUsage = streamUsage;
  }

  piece(piece: ContentPiece): string {
    switch (piece.type) {
      case 'text':
        return this.#chunk(`"text":${JSON.stringify(piece.text)}`, 'null');
      case 'thinking': {
        // Of a model that cannot but think. Not a part of the text, and told under the names that it has in a chat.
        const text = JSON.stringify(piece.text);
        return this.#chunk(`"text":"","reasoning_content":${text},"reasoning":${text}`, 'null');
      }
      case 'tool-call':
        return ''; // no tool was offered
    }
  }

  /** The finish chunk, the usage chunk if it was asked for, and `[DONE]`. */
  ending(reason: FinishReason, usage: Usage): string {
    const finish = this.#chunk('"text":""', `"${completionReason(reason)}"`);
    const told = this.#streamUsage
      ? `${this.#head}"choices":[],"usage":${JSON.stringify(usageObject(usage))}}\n\n`
      : '';
    return `${finish}${told}data: [DONE]\n\n`;
  }

  #chunk(content: string, finish: string): string {
    return `${this.#head}"choices":[{${content},"index":0,"logprobs":null,"finish_reason":${finish}}]${this.#tail}`;
  }
}

/** A completion knows no tools. */
export const completionReason = (reason: FinishReason) =>
  finishReason(reason === 'tool-calls' ? 'stop' : reason);

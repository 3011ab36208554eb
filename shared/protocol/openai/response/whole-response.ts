import type { AnswerIdentity } from '../../answer-identity.ts';
import type { AnswerWriter } from '../../passage.ts';
import type { ContentPiece, FinishReason, Usage } from '../../piece.ts';
import { OutputItems } from './output-items.ts';
import { type echoOf, responseObject, statusOf } from './response-object.ts';

/** Gathers an answer's pieces into one `response` object. */
export class WholeResponse implements AnswerWriter {
  readonly #identity: AnswerIdentity;
  readonly #echo: ReturnType<typeof echoOf>;
  readonly #nowSeconds: () => number;
  readonly #items: OutputItems;

  constructor(identity: AnswerIdentity, echo: ReturnType<typeof echoOf>, nowSeconds: () => number) {
    this.#identity = identity;
    this.#echo = echo;
    this.#nowSeconds = nowSeconds;
    this.#items = new OutputItems(identity.id);
  }

  piece(piece: ContentPiece): '' {
    this.#items.take(piece);
    return '';
  }

  ending(reason: FinishReason, usage: Usage): string {
    const status = statusOf(reason);
    this.#items.close(status);
    const progress = { status, reason, usage, atSeconds: this.#nowSeconds() } as const;
    return JSON.stringify(responseObject(this.#identity, this.#echo, this.#items.closed, progress));
  }
}

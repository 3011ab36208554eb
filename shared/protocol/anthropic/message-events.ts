import type { GatewayError } from '#shared/errors.ts';
import type { AnswerIdentity } from '../answer-identity.ts';
import type { AnswerWriter } from '../passage.ts';
import type { ContentPiece, FinishReason, Usage } from '../piece.ts';
import { errorObject } from './error-object.ts';
import { inputOf, signatureOf, textBlock, thinkingBlock, toolUseBlock } from './message-blocks.ts';
import { messageHead } from './message-object.ts';
import { deltaUsage, messageUsage, stopFields } from './usage.ts';

const event = (type: string, fields: object = {}) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

/** Anthropic's own sign of life; clients take it at any place, also before the message has begun. */
export const PING = event('ping');

/** An error inside a stream that has begun. It is the last event: clients throw at once and read no further. */
export const failedStream = (error: GatewayError, requestId: string) =>
  event('error', errorObject(error, requestId));

interface Options {
  /** What the prompt is taken for until the upstream says it. */
  promptEstimate: number;
  /** The caller wants to know that the model has thought, not what. */
  omitThinking: boolean;
}

/**
 * Writes an answer as the events of a message stream. Its blocks are numbered and follow each other: a piece of
 * another kind closes one and opens the next. A block of thinking ends with its signature, as clients expect.
 */
export class MessageEvents implements AnswerWriter {
  readonly #identity: AnswerIdentity;
  readonly #options: Options;
  #hasBegun = false;
  #index = -1;
  #open: ContentPiece['type'] | undefined;

  constructor(identity: AnswerIdentity, options: Options) {
    this.#identity = identity;
    this.#options = options;
  }

  piece(piece: ContentPiece): string {
    return this.#begin() + this.#write(piece);
  }

  /** The end of the last block, the reason with the true usage, and the end of the message. */
  ending(reason: FinishReason, usage: Usage): string {
    const last = { delta: { ...stopFields(reason), container: null }, usage: deltaUsage(usage) };
    return this.#begin() + this.#close() + event('message_delta', last) + event('message_stop');
  }

  #begin(): string {
    if (this.#hasBegun) return '';
    this.#hasBegun = true;
    const usage = messageUsage({ prompt: this.#options.promptEstimate, output: 0 });
    const stop = { stop_reason: null, stop_sequence: null, stop_details: null };
    return event('message_start', {
      message: { ...messageHead(this.#identity), content: [], ...stop, usage },
    });
  }

  #write(piece: ContentPiece): string {
    switch (piece.type) {
      case 'text':
        return (
          this.#in('text', textBlock('')) + this.#delta(`text_delta","text":${JSON.stringify(piece.text)}`)
        );
      case 'thinking': {
        const start = this.#in('thinking', thinkingBlock('', ''));
        if (this.#options.omitThinking) return start;
        return start + this.#delta(`thinking_delta","thinking":${JSON.stringify(piece.text)}`);
      }
      case 'tool-call': {
        const input = JSON.stringify(inputOf(piece));
        const start = this.#next('tool-call', toolUseBlock(piece, {}));
        return start + this.#delta(`input_json_delta","partial_json":${JSON.stringify(input)}`);
      }
    }
  }

  #in(type: ContentPiece['type'], block: object): string {
    return this.#open === type ? '' : this.#next(type, block);
  }

  #next(type: ContentPiece['type'], block: object): string {
    const closed = this.#close();
    this.#open = type;
    this.#index += 1;
    return closed + event('content_block_start', { index: this.#index, content_block: block });
  }

  #close(): string {
    const type = this.#open;
    if (type === undefined) return '';
    this.#open = undefined;
    const signature = JSON.stringify(signatureOf(this.#identity));
    const signed = type === 'thinking' ? this.#delta(`signature_delta","signature":${signature}`) : '';
    return signed + event('content_block_stop', { index: this.#index });
  }

  /** Nearly all events are deltas, so that a delta costs one `JSON.stringify` of its text. */
  #delta(rest: string): string {
    return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${this.#index},"delta":{"type":"${rest}}}\n\n`;
  }
}

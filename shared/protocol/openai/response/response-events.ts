import type { AnswerIdentity } from '../../answer-identity.ts';
import type { AnswerWriter } from '../../passage.ts';
import type { ContentPiece, FinishReason, Usage } from '../../piece.ts';
import { type OutputItem, OutputItems, outputText, summaryText } from './output-items.ts';
import { type echoOf, type Progress, responseObject, statusOf } from './response-object.ts';

/**
 * Writes an answer as the events of a response, numbered without gaps.
 *
 * Each item is closed when the next one begins; what closes the last one completes the response too, and comes with
 * the ending.
 */
export class ResponseEvents implements AnswerWriter {
  readonly #identity: AnswerIdentity;
  readonly #echo: ReturnType<typeof echoOf>;
  readonly #nowSeconds: () => number;
  readonly #items: OutputItems;
  #sequenceNumber = 0;

  constructor(identity: AnswerIdentity, echo: ReturnType<typeof echoOf>, nowSeconds: () => number) {
    this.#identity = identity;
    this.#echo = echo;
    this.#nowSeconds = nowSeconds;
    this.#items = new OutputItems(identity.id);
  }

  piece(piece: ContentPiece): string {
    const begun = this.#begin();
    const index = this.#items.index;
    const { closed, opened } = this.#items.take(piece);
    return (
      begun +
      (closed ? this.#done(closed, index) : '') +
      (opened ? this.#added(opened) : '') +
      this.#delta(piece)
    );
  }

  ending(reason: FinishReason, usage: Usage): string {
    const begun = this.#begin();
    const status = statusOf(reason);
    const index = this.#items.index;
    const last = this.#items.close(status);
    const progress: Progress = { status, reason, usage, atSeconds: this.#nowSeconds() };
    return (
      begun +
      (last ? this.#done(last, index) : '') +
      this.#event(`response.${status}`, { response: this.#response(progress) })
    );
  }

  /** Not before the first piece: until then a failure can have a status of its own. */
  #begin(): string {
    if (this.#sequenceNumber > 0) return '';
    const response = this.#response({ status: 'in_progress' });
    return this.#event('response.created', { response }) + this.#event('response.in_progress', { response });
  }

  #added(item: OutputItem): string {
    const added = this.#event('response.output_item.added', { output_index: this.#items.index, item });
    switch (item.type) {
      case 'message':
        return added + this.#event('response.content_part.added', { ...this.#text, part: outputText('') });
      case 'reasoning':
        return (
          added +
          this.#event('response.reasoning_summary_part.added', { ...this.#summary, part: summaryText('') })
        );
      case 'function_call':
        return added;
    }
  }

  #delta(piece: ContentPiece): string {
    switch (piece.type) {
      case 'text':
        return this.#event('response.output_text.delta', { ...this.#text, delta: piece.text, logprobs: [] });
      case 'thinking':
        return this.#event('response.reasoning_summary_text.delta', { ...this.#summary, delta: piece.text });
      case 'tool-call':
        return this.#event('response.function_call_arguments.delta', {
          ...this.#place,
          delta: piece.arguments,
        });
    }
  }

  #done(item: OutputItem, index: number): string {
    const place = { item_id: item.id, output_index: index };
    return (
      this.#contentDone(item, place) + this.#event('response.output_item.done', { output_index: index, item })
    );
  }

  #contentDone(item: OutputItem, place: object): string {
    switch (item.type) {
      case 'message': {
        const at = { ...place, content_index: 0 };
        const [part] = item.content;
        return (
          this.#event('response.output_text.done', { ...at, text: part!.text, logprobs: [] }) +
          this.#event('response.content_part.done', { ...at, part })
        );
      }
      case 'reasoning': {
        const at = { ...place, summary_index: 0 };
        const [part] = item.summary;
        return (
          this.#event('response.reasoning_summary_text.done', { ...at, text: part!.text }) +
          this.#event('response.reasoning_summary_part.done', { ...at, part })
        );
      }
      case 'function_call': {
        const { name, arguments: args } = item;
        return this.#event('response.function_call_arguments.done', { ...place, name, arguments: args });
      }
    }
  }

  get #place() {
    return { item_id: this.#items.openId, output_index: this.#items.index };
  }

  get #text() {
    return { ...this.#place, content_index: 0 };
  }

  get #summary() {
    return { ...this.#place, summary_index: 0 };
  }

  #response(progress: Progress): object {
    return responseObject(this.#identity, this.#echo, this.#items.closed, progress);
  }

  #event(type: string, fields: object): string {
    const event = { type, sequence_number: this.#sequenceNumber, ...fields };
    this.#sequenceNumber += 1;
    return `event: ${type}\ndata: ${JSON.stringify(event)}\n\n`;
  }
}

import { asGatewayError, GatewayError } from '#shared/errors.ts';
import type { FinishReason, Piece, PieceReader, ReportedUsage } from '../piece.ts';
import type { ChoiceReader } from './choice-reader.ts';
import { EventReader } from './event-reader.ts';
import { openaiFailure } from './failure.ts';
import { isBrokenOff, readFinishReason } from './read-finish-reason.ts';
import { readUsageOfChunk } from './usage.ts';

/**
 * Reads the answer of `/chat/completions` or `/completions`, which was asked for as a stream of one choice.
 *
 * The finish is told when the answer is over, since its usage comes after it. A stream that ends without one
 * is a failure, unless it says itself with `[DONE]` that it is complete.
 */
export class AnswerReader implements PieceReader {
  readonly #choice: ChoiceReader;
  readonly #events = new EventReader();
  #hasChoice = false;
  #hasToolCalls = false;
  #usage: ReportedUsage | undefined;
  #reason: string | undefined;
  #ended = false;

  constructor(choice: ChoiceReader) {
    this.#choice = choice;
  }

  read(chunk: Buffer): Piece[] {
    const pieces: Piece[] = [];
    if (!this.#ended) this.#readAll(this.#events.read(chunk), pieces);
    if (this.#events.isOverlong) this.#fail('The model sent an event that is too long.', pieces);
    return pieces;
  }

  end(): Piece[] {
    const pieces: Piece[] = [];
    if (!this.#ended) this.#readAll(this.#events.end(), pieces);
    if (this.#reason !== undefined) this.#finish(this.#reason, pieces);
    this.#fail('The model ended its answer before it was complete.', pieces);
    return pieces;
  }

  #readAll(events: readonly string[], pieces: Piece[]): void {
    for (const text of events) {
      if (this.#ended) return;
      if (text.trim() !== '[DONE]') this.#readEvent(text, pieces);
      else if (this.#hasChoice) this.#finish(this.#reason ?? 'stop', pieces);
    }
  }

  #readEvent(text: string, pieces: Piece[]): void {
    const chunk = parse(text);
    if (!chunk) {
      this.#fail('The model sent an event that is not JSON.', pieces);
      return;
    }
    if (chunk.error || chunk.object === 'error') {
      const error = openaiFailure(undefined, chunk.error ? text : JSON.stringify({ error: chunk }));
      this.#end({ type: 'failure', error }, pieces);
      return;
    }
    const choices = Array.isArray(chunk.choices) ? (chunk.choices as unknown[]) : [];
    this.#usage = readUsageOfChunk(chunk.usage, choices.length > 0) ?? this.#usage;
    const [choice] = choices;
    if (isObject(choice)) this.#readChoice(choice, pieces);
  }

  #readChoice(choice: Record<string, unknown>, pieces: Piece[]): void {
    this.#hasChoice = true;
    this.#try(pieces, () => pieces.push(...this.#choice.read(choice)));
    if (typeof choice.finish_reason === 'string') this.#reason = choice.finish_reason;
  }

  #finish(reason: string, pieces: Piece[]): void {
    if (this.#ended) return;
    if (isBrokenOff(reason)) {
      this.#fail('The model broke off its answer.', pieces);
      return;
    }
    const known = readFinishReason(reason);
    this.#try(pieces, () => {
      const last = this.#choice.end(known === 'length');
      this.#hasToolCalls = last.some(({ type }) => type === 'tool-call');
      pieces.push(...last);
    });
    if (this.#ended) return;
    if (this.#usage) pieces.push({ type: 'usage', usage: this.#usage });
    this.#end({ type: 'finish', reason: this.#reasonOf(known) }, pieces);
  }

  /** Some say `stop` after tool calls too; and a reason of tool calls without any would be waited upon in vain. */
  #reasonOf(reason: FinishReason): FinishReason {
    if (this.#hasToolCalls && reason === 'stop') return 'tool-calls';
    return !this.#hasToolCalls && reason === 'tool-calls' ? 'stop' : reason;
  }

  #try(pieces: Piece[], work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#end({ type: 'failure', error: asGatewayError(error) }, pieces);
    }
  }

  #fail(message: string, pieces: Piece[]): void {
    this.#end({ type: 'failure', error: new GatewayError('upstream_error', message) }, pieces);
  }

  #end(last: Piece, pieces: Piece[]): void {
    if (this.#ended) return;
    this.#ended = true;
    pieces.push(last);
  }
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

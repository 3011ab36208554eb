import { GatewayError } from '#shared/errors.ts';
import { LineSplitter } from '../line-splitter.ts';
import type { FinishReason, Piece, PieceReader } from '../piece.ts';
import { type AnswerLine, parseLine, type Said, type ToolCall } from './answer-line.ts';
import { ollamaFailure } from './failure.ts';
import { timingsOf, usageOf } from './metrics.ts';

const LINE_LIMIT_BYTES = 16 * 1024 * 1024;

/** Reads the NDJSON of an answer of Ollama's. A stream that ends before `done:true` is a failure. */
export class AnswerReader implements PieceReader {
  readonly #callId: string;
  readonly #saidIn: (line: Record<string, unknown>) => Said | undefined;
  readonly #lines = new LineSplitter(LINE_LIMIT_BYTES);
  #toolCalls = 0;
  #thinkingPieces = 0;
  #ended = false;

  /**
   * @param callId makes the ids of tool calls unique where Ollama gives none.
   * @param saidIn finds what a line says; undefined when the line is not formed as it should be.
   */
  constructor(callId: string, saidIn: (line: Record<string, unknown>) => Said | undefined) {
    this.#callId = callId;
    this.#saidIn = saidIn;
  }

  read(chunk: Buffer): Piece[] {
    const pieces: Piece[] = [];
    for (const line of this.#lines.split(chunk)) this.#readLine(line, pieces);
    if (this.#lines.isOverlong && !this.#ended) this.#fail(pieces, 'The model sent a line that is too long.');
    return pieces;
  }

  end(): Piece[] {
    const pieces: Piece[] = [];
    this.#readLine(this.#lines.rest, pieces);
    if (!this.#ended) this.#fail(pieces, 'The model ended its answer before it was complete.');
    return pieces;
  }

  #readLine(bytes: Buffer, pieces: Piece[]): void {
    if (this.#ended || bytes.length === 0) return;
    const text = bytes.toString('utf8');
    if (text.trim() === '') return;
    const line = parseLine(text);
    if (line?.error != null) {
      this.#end(pieces, { type: 'failure', error: ollamaFailure(undefined, text) });
      return;
    }
    const said = line && this.#saidIn(line);
    if (said) this.#readAnswer(line, said, pieces);
    else this.#fail(pieces, 'The model sent a line that cannot be understood.');
  }

  #readAnswer(line: AnswerLine, { thinking, text, toolCalls }: Said, pieces: Piece[]): void {
    if (thinking) {
      this.#thinkingPieces += 1;
      pieces.push({ type: 'thinking', text: thinking });
    }
    if (text) pieces.push({ type: 'text', text });
    for (const call of toolCalls ?? []) {
      const piece = this.#toolCall(call);
      if (piece) pieces.push(piece);
      else this.#end(pieces, { type: 'failure', error: nestedTooDeep() });
    }
    if (line.done !== true || this.#ended) return;
    const usage = usageOf(line, this.#thinkingPieces);
    pieces.push({ type: 'usage', usage, timings: timingsOf(line) });
    this.#end(pieces, { type: 'finish', reason: this.#reasonOf(line.done_reason) });
  }

  #toolCall(call: ToolCall): Piece | undefined {
    const text = argumentsText(call.function.arguments);
    if (text === undefined) return undefined;
    const index = this.#toolCalls;
    this.#toolCalls += 1;
    const id = typeof call.id === 'string' && call.id !== '' ? call.id : `call_${this.#callId}_${index}`;
    return { type: 'tool-call', index, id, name: call.function.name, arguments: text };
  }

  /** Ollama says `stop` after tool calls too. */
  #reasonOf(reason: unknown): FinishReason {
    if (reason === 'length') return 'length';
    return this.#toolCalls > 0 ? 'tool-calls' : 'stop';
  }

  #fail(pieces: Piece[], message: string): void {
    this.#end(pieces, { type: 'failure', error: new GatewayError('upstream_error', message) });
  }

  #end(pieces: Piece[], last: Piece): void {
    this.#ended = true;
    pieces.push(last);
  }
}

const nestedTooDeep = () =>
  new GatewayError('model_error', 'The model called a tool with arguments that are nested too deep.');

/** Undefined when the arguments are nested so deep that they cannot be written: a model can be talked into that. */
function argumentsText(args: unknown): string | undefined {
  if (typeof args === 'string') return args;
  try {
    return JSON.stringify(args ?? {});
  } catch {
    return undefined;
  }
}

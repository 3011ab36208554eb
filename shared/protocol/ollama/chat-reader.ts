import { GatewayError } from '#shared/errors.ts';
import { LineSplitter } from '../line-splitter.ts';
import type { FinishReason, Piece, PieceReader, ReportedUsage } from '../piece.ts';
import { type ChatLine, isChatLine, parseLine, type ToolCall } from './chat-line.ts';
import { ollamaFailure } from './failure.ts';

const LINE_LIMIT_BYTES = 16 * 1024 * 1024;

/** Reads the NDJSON of Ollama's `/api/chat`. A stream that ends before `done:true` is a failure. */
export class ChatReader implements PieceReader {
  readonly #callId: string;
  readonly #lines = new LineSplitter(LINE_LIMIT_BYTES);
  #toolCalls = 0;
  #thinkingPieces = 0;
  #ended = false;

  /** @param callId makes the ids of tool calls unique where Ollama gives none. */
  constructor(callId: string) {
    this.#callId = callId;
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
    if (line?.error != null) this.#end(pieces, { type: 'failure', error: ollamaFailure(undefined, text) });
    else if (isChatLine(line)) this.#readAnswer(line, pieces);
    else this.#fail(pieces, 'The model sent a line that cannot be understood.');
  }

  #readAnswer(line: ChatLine, pieces: Piece[]): void {
    const { thinking, content, tool_calls: calls } = line.message ?? {};
    if (thinking) {
      this.#thinkingPieces += 1;
      pieces.push({ type: 'thinking', text: thinking });
    }
    if (content) pieces.push({ type: 'text', text: content });
    for (const call of calls ?? []) {
      const piece = this.#toolCall(call);
      if (piece) pieces.push(piece);
      else this.#fail(pieces, 'The model called a tool with arguments that are nested too deep.');
    }
    if (line.done !== true || this.#ended) return;
    pieces.push({ type: 'usage', usage: this.#usageOf(line) });
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

  /**
   * A count that is absent was zero or not known (of a prompt that was cached, in older versions): it is left out.
   * Tokens of thinking are never reported; Ollama sends about one a piece, so the pieces are counted.
   */
  #usageOf(line: ChatLine): ReportedUsage {
    const prompt = countOf(line.prompt_eval_count);
    const output = countOf(line.eval_count);
    const cached = countOf(line.prompt_eval_cached_count);
    const thinking = this.#thinkingPieces;
    return {
      ...(prompt !== undefined && { prompt }),
      ...(output !== undefined && { output }),
      ...(thinking > 0 && { reasoning: Math.min(thinking, output ?? thinking) }),
      ...(cached !== undefined && { cached }),
    };
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

/** Undefined when the arguments are nested so deep that they cannot be written: a model can be talked into that. */
function argumentsText(args: unknown): string | undefined {
  if (typeof args === 'string') return args;
  try {
    return JSON.stringify(args ?? {});
  } catch {
    return undefined;
  }
}

const countOf = (value: unknown) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

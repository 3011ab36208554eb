import { GatewayError } from '#shared/errors.ts';
import { LineSplitter } from '../line-splitter.ts';
import type { FinishReason, Piece, PieceReader, Usage } from '../piece.ts';
import { ollamaFailure } from './failure.ts';

const LINE_LIMIT_BYTES = 16 * 1024 * 1024;

/** What we read of a line of `/api/chat`; metrics that are zero are absent. */
interface ChatLine {
  message?: { content?: string; thinking?: string; tool_calls?: ToolCall[] };
  done?: boolean;
  done_reason?: string;
  prompt_eval_count?: number;
  prompt_eval_cached_count?: number;
  eval_count?: number;
  error?: unknown;
}

interface ToolCall {
  id?: string;
  function?: { name?: string; arguments?: unknown };
}

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
    try {
      for (const line of this.#lines.split(chunk)) this.#readLine(line, pieces);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#fail(pieces, 'The model sent a line that is too long.');
    }
    return pieces;
  }

  end(): Piece[] {
    const pieces: Piece[] = [];
    if (!this.#ended && this.#lines.rest.length > 0) this.#readLine(this.#lines.rest, pieces);
    if (!this.#ended) this.#fail(pieces, 'The model ended its answer before it was complete.');
    return pieces;
  }

  #readLine(bytes: Buffer, pieces: Piece[]): void {
    if (this.#ended || bytes.length === 0) return;
    const text = bytes.toString('utf8');
    if (text.trim() === '') return;
    const line = parse(text);
    if (!line) this.#fail(pieces, 'The model sent a line that is not JSON.');
    else if (line.error !== undefined)
      this.#end(pieces, { type: 'failure', error: ollamaFailure(undefined, text) });
    else this.#readAnswer(line, pieces);
  }

  #readAnswer(line: ChatLine, pieces: Piece[]): void {
    const { thinking, content, tool_calls: calls = [] } = line.message ?? {};
    if (thinking) {
      this.#thinkingPieces += 1;
      pieces.push({ type: 'thinking', text: thinking });
    }
    if (content) pieces.push({ type: 'text', text: content });
    for (const call of calls) pieces.push(this.#toolCall(call));
    if (line.done !== true) return;
    pieces.push({ type: 'usage', usage: this.#usageOf(line) });
    this.#end(pieces, { type: 'finish', reason: this.#reasonOf(line.done_reason) });
  }

  #toolCall(call: ToolCall): Piece {
    const index = this.#toolCalls;
    this.#toolCalls += 1;
    const args = call.function?.arguments ?? {};
    return {
      type: 'tool-call',
      index,
      id: call.id || `call_${this.#callId}_${index}`,
      name: call.function?.name ?? '',
      arguments: typeof args === 'string' ? args : JSON.stringify(args),
    };
  }

  /** Ollama does not report tokens of thinking; it sends about one a piece, so the pieces are counted. */
  #usageOf(line: ChatLine): Usage {
    const output = line.eval_count ?? 0;
    return {
      prompt: line.prompt_eval_count ?? 0,
      output,
      ...(this.#thinkingPieces > 0 && { reasoning: Math.min(this.#thinkingPieces, output) }),
      ...(line.prompt_eval_cached_count !== undefined && { cached: line.prompt_eval_cached_count }),
    };
  }

  /** Ollama says `stop` after tool calls too. */
  #reasonOf(reason: string | undefined): FinishReason {
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

function parse(text: string): ChatLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

import type { IncomingMessage } from 'node:http';
import { GatewayError } from '#shared/errors.ts';
import { noteFailure } from '#shared/http/access-log.ts';
import { endWithin } from '#shared/http/end-within.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import { failedStream } from '#shared/protocol/ollama/error-body.ts';
import type { AnswerMeter } from '../metrics/answer-meter.ts';

export interface RelayOptions {
  meter: AnswerMeter;
  callerReadTimeoutMs: number;
  /** Called for each chunk of Ollama's. */
  heard(): void;
}

/** A slow reader shall not keep a slot: what is soon over is kept for it here. */
const KEPT_FOR_CALLER_BYTES = 256 * 1024;

const NEWLINE = 0x0a;

/**
 * Passes an answer of Ollama's on, byte for byte and only as fast as the caller reads. Resolves when Ollama has nothing
 * more to say or is not listened to any more.
 *
 * Events and Node's response instead of web streams: docs/decisions/0002-relay-seam.md.
 */
export function relay(reply: IncomingMessage, exchange: Exchange, options: RelayOptions): Promise<void> {
  return new Promise((resolve) => new Relay(reply, exchange, options, resolve).begin());
}

class Relay {
  readonly #reply: IncomingMessage;
  readonly #exchange: Exchange;
  readonly #options: RelayOptions;
  readonly #resolve: () => void;
  #isLineEnded = true;
  #unread: NodeJS.Timeout | undefined;

  constructor(reply: IncomingMessage, exchange: Exchange, options: RelayOptions, resolve: () => void) {
    this.#reply = reply;
    this.#exchange = exchange;
    this.#options = options;
    this.#resolve = resolve;
  }

  begin(): void {
    const { outgoing, hungUp } = this.#exchange;
    outgoing.writeHead(this.#reply.statusCode!, headOf(this.#reply));
    outgoing.on('drain', this.#drained);
    hungUp.addEventListener('abort', this.#leave);
    // What breaks says `error` first; `close` comes in any case, and then the message is whole or it is not.
    this.#reply
      .on('error', () => {})
      .on('data', this.#pass)
      .once('close', this.#end);
    if (hungUp.aborted) this.#leave();
  }

  readonly #pass = (chunk: Buffer): void => {
    const { outgoing } = this.#exchange;
    this.#options.heard();
    this.#options.meter.read(chunk);
    this.#isLineEnded = chunk.at(-1) === NEWLINE;
    if (outgoing.write(chunk)) return;
    this.#unread ??= setTimeout(() => outgoing.destroy(), this.#options.callerReadTimeoutMs);
    if (outgoing.writableLength > KEPT_FOR_CALLER_BYTES) this.#reply.pause();
  };

  readonly #drained = (): void => {
    clearTimeout(this.#unread);
    this.#unread = undefined;
    this.#reply.resume();
  };

  /** Has Ollama stop at once: its connection is what tells it. */
  readonly #leave = (): void => {
    this.#reply.destroy();
  };

  readonly #end = (): void => {
    const { outgoing, hungUp } = this.#exchange;
    clearTimeout(this.#unread);
    outgoing.removeListener('drain', this.#drained);
    hungUp.removeEventListener('abort', this.#leave);
    if (this.#reply.complete) {
      this.#options.meter.end();
      endWithin(outgoing, '', this.#options.callerReadTimeoutMs);
    } else if (!hungUp.aborted) this.#tellBreak();
    this.#resolve();
  };

  /** In a stream by a line, as Ollama itself would. A whole answer has no place for it: it ends short, which any client notices. */
  #tellBreak(): void {
    const { outgoing } = this.#exchange;
    const failure = new GatewayError('upstream_error', 'Ollama ended in the middle of its answer.');
    noteFailure(this.#exchange, failure.failure, this.#reply.errored ?? undefined);
    if (!isLines(this.#reply)) outgoing.destroy();
    else
      endWithin(
        outgoing,
        `${this.#isLineEnded ? '' : '\n'}${failedStream(failure)}`,
        this.#options.callerReadTimeoutMs,
      );
  }
}

/** Nothing else of Ollama's head means anything to a caller. */
function headOf({ headers }: IncomingMessage): Record<string, string> {
  const { 'content-type': type, 'content-length': length } = headers;
  return { ...(type && { 'content-type': type }), ...(length && { 'content-length': length }) };
}

const isLines = ({ headers }: IncomingMessage) => /ndjson/.test(headers['content-type'] ?? '');

import type { IncomingMessage } from 'node:http';
import { GatewayError } from '#shared/errors.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import type { Ending, Passage } from '#shared/protocol/passage.ts';

export interface RelayOptions {
  firstPieceTimeoutMs: number;
  idleTimeoutMs: number;
  totalTimeoutMs: number;
  callerReadTimeoutMs: number;
  /** Called before the first bytes go out: the place for the head. */
  onFirstBytes(): void;
  /** Called each time bytes have gone out. */
  onBytes(): void;
}

/**
 * Relays an upstream's answer to the caller as far as it may go, and says how it ended. What the ending
 * holds is not sent: the ledger settles first.
 *
 * Events instead of async iteration, and the response itself instead of a web stream: per chunk this is
 * what it costs (docs/decisions/0002-relay-seam.md). The upstream is read only as fast as the caller
 * reads; it is left at once when the caller hangs up.
 *
 * @throws GatewayError `caller_gone`
 */
export function relay(reply: IncomingMessage, passage: Passage, exchange: Exchange, options: RelayOptions) {
  return new Promise<Ending>((resolve, reject) => {
    const { outgoing, hungUp } = exchange;
    const clock = new RelayClock(options, (error) => end({ kind: 'failed', error }));

    const pass = (bytes: string | Buffer) => {
      if (passage.begun) clock.begun();
      if (bytes.length > 0) send(bytes);
      if (passage.ending) end(passage.ending);
      else clock.tick();
    };
    const send = (bytes: string | Buffer) => {
      if (!outgoing.headersSent) options.onFirstBytes();
      exchange.facts.firstByteMs ??= Math.round(performance.now() - exchange.arrivedAtMs);
      options.onBytes();
      if (outgoing.write(bytes)) return;
      reply.pause();
      clock.waitForCaller();
    };
    const drained = () => {
      clock.callerHasRead();
      reply.resume();
    };
    const hangUp = () => {
      stop();
      reply.destroy();
      reject(new GatewayError('caller_gone', 'The caller hung up.'));
    };
    const end = (ending: Ending) => {
      stop();
      const error = ending.kind === 'failed' && passage.begun ? withoutRetry(ending.error) : undefined;
      if (ending.kind === 'failed') reply.destroy();
      else leave(reply);
      resolve(error ? { kind: 'failed', error } : ending);
    };
    const stop = () => {
      clock.stop();
      reply.removeListener('data', read).removeListener('end', finish).removeListener('close', finish);
      outgoing.removeListener('drain', drained);
      hungUp.removeEventListener('abort', hangUp);
    };
    const read = (chunk: Buffer) => pass(passage.read(chunk));
    const finish = () => pass(passage.end());

    if (hungUp.aborted) return hangUp();
    hungUp.addEventListener('abort', hangUp);
    outgoing.on('drain', drained);
    // An upstream that breaks says `error` and then `close`; the passage knows what a missing end means.
    reply.on('error', () => {});
    reply.on('end', finish).on('close', finish).on('data', read);
  });
}

/** The four time-outs of a relayed answer. Timers are refreshed, not remade: a chunk must not cost one. */
class RelayClock {
  readonly #fail: (error: GatewayError) => void;
  readonly #total: NodeJS.Timeout;
  readonly #options: RelayOptions;
  #begun = false;
  #silence: NodeJS.Timeout;
  #caller: NodeJS.Timeout | undefined;

  constructor(options: RelayOptions, fail: (error: GatewayError) => void) {
    this.#options = options;
    this.#fail = fail;
    this.#total = setTimeout(() => fail(tooSlow('The answer took too long.')), options.totalTimeoutMs);
    this.#silence = this.#silenceOf(
      options.firstPieceTimeoutMs,
      'The model did not begin to answer in time.',
    );
  }

  begun(): void {
    if (this.#begun) return;
    this.#begun = true;
    clearTimeout(this.#silence);
    this.#silence = this.#silenceOf(
      this.#options.idleTimeoutMs,
      'The model stopped in the middle of its answer.',
    );
  }

  /** The upstream said something. Before the first piece that proves nothing. */
  tick(): void {
    if (this.#begun) this.#silence.refresh();
  }

  waitForCaller(): void {
    this.#caller ??= setTimeout(
      () => this.#fail(new GatewayError('caller_gone', 'The caller stopped reading.')),
      this.#options.callerReadTimeoutMs,
    );
  }

  callerHasRead(): void {
    clearTimeout(this.#caller);
    this.#caller = undefined;
    this.tick();
  }

  stop(): void {
    clearTimeout(this.#total);
    clearTimeout(this.#silence);
    clearTimeout(this.#caller);
  }

  #silenceOf(timeoutMs: number, message: string): NodeJS.Timeout {
    // While the caller does not read, the upstream is silent because we do not listen.
    return setTimeout(() => this.#caller ?? this.#fail(tooSlow(message)), timeoutMs);
  }
}

const tooSlow = (message: string) => new GatewayError('upstream_timeout', message);

/** Once tokens have been made, an SDK's retry would make and charge them again. */
const withoutRetry = ({ failure, message, cause }: GatewayError) =>
  new GatewayError(failure, message, { cause, shouldRetry: false });

/** Lets what follows the end run out, so that the connection can be used again; an upstream with more to say is cut. */
function leave(reply: IncomingMessage): void {
  if (reply.readableEnded || reply.destroyed) return;
  const cut = setTimeout(() => reply.destroy(), 1_000);
  reply.once('close', () => clearTimeout(cut)).resume();
}

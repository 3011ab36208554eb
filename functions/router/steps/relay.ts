import type { IncomingMessage } from 'node:http';
import { asGatewayError, GatewayError } from '#shared/errors.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import type { Ending, Passage } from '#shared/protocol/passage.ts';
import { accountLost, callerGone } from '../giving-up.ts';
import { RelayClock, type RelayTimeouts } from './relay-clock.ts';

export interface RelayOptions extends RelayTimeouts {
  /** Aborted when the ledger has closed the call: whatever it still produces, nobody would pay. */
  gone: AbortSignal;
  /** Called once, when the first piece has come. */
  onBegun(): void;
  /** Called each time before bytes go out: the place for the head. */
  onBytes(): void;
}

/**
 * Relays an upstream's answer to the caller as far as it may go, and says how it ended. What the ending
 * holds is not sent: the ledger settles first.
 *
 * The upstream is read only as fast as the caller reads, and left at once when the caller hangs up.
 */
export function relay(
  reply: IncomingMessage,
  passage: Passage,
  exchange: Exchange,
  options: RelayOptions,
): Promise<Ending> {
  return new Promise((resolve) => {
    new Relay(reply, passage, exchange, options, resolve).begin();
  });
}

/**
 * Events instead of async iteration, and Node's response instead of a web stream: what it costs counts
 * per chunk (docs/decisions/0002-relay-seam.md).
 */
class Relay {
  readonly #reply: IncomingMessage;
  readonly #passage: Passage;
  readonly #exchange: Exchange;
  readonly #options: RelayOptions;
  readonly #resolve: (ending: Ending) => void;
  readonly #clock: RelayClock;
  #begun = false;

  constructor(
    reply: IncomingMessage,
    passage: Passage,
    exchange: Exchange,
    options: RelayOptions,
    resolve: (ending: Ending) => void,
  ) {
    this.#reply = reply;
    this.#passage = passage;
    this.#exchange = exchange;
    this.#options = options;
    this.#resolve = resolve;
    this.#clock = new RelayClock(options, (error) => this.#fail(error));
  }

  begin(): void {
    const { outgoing, hungUp } = this.#exchange;
    if (hungUp.aborted || this.#options.gone.aborted) {
      if (hungUp.aborted) this.#hangUp();
      else this.#abandon();
      return;
    }
    hungUp.addEventListener('abort', this.#hangUp);
    this.#options.gone.addEventListener('abort', this.#abandon);
    outgoing.on('drain', this.#drained);
    // An upstream that breaks says `error` and then `close`; the passage knows what a missing end means.
    this.#reply
      .on('error', () => {})
      .on('end', this.#finish)
      .on('close', this.#finish)
      .on('data', this.#read);
  }

  readonly #read = (chunk: Buffer): void => this.#pass(chunk);
  readonly #finish = (): void => this.#pass(undefined);

  /** What is thrown in an event's listener ends the process, and all calls in it with this one. */
  #pass(chunk: Buffer | undefined): void {
    try {
      this.#take(chunk ? this.#passage.read(chunk) : this.#passage.end());
    } catch (error) {
      this.#fail(asGatewayError(error));
    }
  }

  #take(bytes: string | Buffer): void {
    this.#clock.heard(this.#passage.begun);
    if (this.#passage.begun && !this.#begun) {
      this.#begun = true;
      this.#options.onBegun();
    }
    if (bytes.length > 0) this.#send(bytes);
    const { ending } = this.#passage;
    if (ending?.kind === 'failed') this.#fail(ending.error);
    else if (ending) this.#end(ending, ending.isCut);
  }

  #send(bytes: string | Buffer): void {
    const { outgoing, facts, arrivedAtMs } = this.#exchange;
    facts.firstByteMs ??= Math.round(performance.now() - arrivedAtMs);
    this.#options.onBytes();
    if (outgoing.write(bytes)) return;
    this.#clock.waitForCaller();
    // A slow reader shall not keep a model's slot: what is soon over is kept for it here.
    if (outgoing.writableLength > KEPT_FOR_CALLER_BYTES) this.#reply.pause();
  }

  readonly #drained = (): void => {
    this.#clock.callerHasRead();
    this.#reply.resume();
  };

  readonly #hangUp = (): void => this.#fail(callerGone());

  readonly #abandon = (): void => this.#fail(accountLost());

  #fail(error: GatewayError): void {
    this.#stop();
    this.#reply.destroy();
    this.#resolve({ kind: 'failed', error: this.#passage.begun ? withoutRetry(error) : error });
  }

  #end(ending: Ending, isCut: boolean): void {
    this.#stop();
    if (isCut) this.#reply.destroy();
    else leave(this.#reply);
    this.#resolve(ending);
  }

  #stop(): void {
    this.#clock.stop();
    const { outgoing, hungUp } = this.#exchange;
    hungUp.removeEventListener('abort', this.#hangUp);
    this.#options.gone.removeEventListener('abort', this.#abandon);
    outgoing.removeListener('drain', this.#drained);
    this.#reply.removeListener('end', this.#finish).removeListener('close', this.#finish);
    this.#reply.removeListener('data', this.#read);
  }
}

const KEPT_FOR_CALLER_BYTES = 256 * 1024;

/** Once tokens have been made, an SDK's retry would make and charge them again. */
const withoutRetry = ({ failure, message, param, cause }: GatewayError) =>
  new GatewayError(failure, message, { cause, shouldRetry: false, ...(param !== null && { param }) });

const AFTER_THE_END_MS = 1_000;

/** Lets what follows the end run out, so that the connection can be used again; an upstream with more to say is cut. */
function leave(reply: IncomingMessage): void {
  if (reply.readableEnded || reply.destroyed) return;
  const cut = setTimeout(() => reply.destroy(), AFTER_THE_END_MS);
  reply.once('close', () => clearTimeout(cut)).resume();
}

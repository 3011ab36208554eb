import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { GatewayError } from '#shared/errors.ts';

interface Limits {
  /** How many bytes there are to be. */
  bytes: number;
  /** The longest wait for a byte. */
  stallMs: number;
}

/** As much is read ahead, so that the connection does not stop for each write. */
const AHEAD_BYTES = 64 * 1024;

/** The body of an answer that has exactly so many bytes; with more or less, or after a stall, it ends as a GatewayError. */
export class ExactBody extends Readable {
  readonly #answer: IncomingMessage;
  readonly #stall: NodeJS.Timeout;
  #missingBytes: number;
  #isWanted = false;

  constructor(answer: IncomingMessage, { bytes, stallMs }: Limits) {
    super({ highWaterMark: AHEAD_BYTES });
    this.#answer = answer;
    this.#missingBytes = bytes;
    this.#stall = setTimeout(() => {
      if (this.#isWanted) this.destroy(stalled(stallMs)); // else it is the reader who is slow
    }, stallMs);
    answer.on('data', (chunk: Buffer) => this.#take(chunk));
    answer.once('end', () => this.#end());
    answer.on('error', (error) => this.destroy(brokenOff(error)));
    answer.once('close', () => {
      if (!answer.readableEnded) this.destroy(brokenOff());
    });
    answer.pause();
  }

  override _read(): void {
    this.#isWanted = true;
    this.#stall.refresh();
    this.#answer.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#stall);
    if (!this.#answer.readableEnded) this.#answer.destroy(); // one at its end keeps its connection
    done(error);
  }

  #take(chunk: Buffer): void {
    this.#missingBytes -= chunk.length;
    if (this.#missingBytes < 0) return void this.destroy(tooLong());
    this.#stall.refresh();
    if (this.push(chunk)) return;
    this.#isWanted = false;
    this.#answer.pause();
  }

  #end(): void {
    if (this.#missingBytes > 0) return void this.destroy(brokenOff());
    clearTimeout(this.#stall);
    this.push(null);
  }
}

const stalled = (ms: number) =>
  new GatewayError('upstream_timeout', `No byte of the blob came for ${ms} ms.`);
const brokenOff = (cause?: Error) =>
  new GatewayError('upstream_error', 'The blob broke off before its end.', { cause });
const tooLong = () =>
  new GatewayError('upstream_error', 'The registry sends more of the blob than asked for.');

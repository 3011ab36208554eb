import { GatewayError } from '#shared/errors.ts';
import { type Deadlines, leftMs } from '../deadlines.ts';
import { callerGone } from '../giving-up.ts';

export interface RelayTimeouts {
  deadlines: Deadlines;
  /** Between two parts of the answer. */
  idleTimeoutMs: number;
  /** How long a caller may leave what was written unread. */
  callerReadTimeoutMs: number;
}

/** The time-outs of one relayed answer. Timers are refreshed, not remade: a chunk must not cost one. */
export class RelayClock {
  readonly #timeouts: RelayTimeouts;
  readonly #fail: (error: GatewayError) => void;
  readonly #total: NodeJS.Timeout;
  #silence: NodeJS.Timeout;
  #begun = false;
  #caller: NodeJS.Timeout | undefined;

  constructor(timeouts: RelayTimeouts, fail: (error: GatewayError) => void) {
    this.#timeouts = timeouts;
    this.#fail = fail;
    const { firstPieceAtMs, endAtMs } = timeouts.deadlines;
    this.#total = setTimeout(() => fail(tooSlow('The answer took too long.')), leftMs(endAtMs));
    this.#silence = this.#silenceOf(leftMs(firstPieceAtMs), 'The model did not begin to answer in time.');
  }

  /** The upstream said something, which before the first piece proves nothing. */
  heard(begun: boolean): void {
    if (this.#begun) this.#silence.refresh();
    else if (begun) {
      this.#begun = true;
      clearTimeout(this.#silence);
      this.#silence = this.#silenceOf(
        this.#timeouts.idleTimeoutMs,
        'The model stopped in the middle of its answer.',
      );
    }
  }

  waitForCaller(): void {
    this.#caller ??= setTimeout(
      () => this.#fail(callerGone('The caller stopped reading.')),
      this.#timeouts.callerReadTimeoutMs,
    );
  }

  callerHasRead(): void {
    clearTimeout(this.#caller);
    this.#caller = undefined;
    this.#silence.refresh();
  }

  stop(): void {
    clearTimeout(this.#total);
    clearTimeout(this.#silence);
    clearTimeout(this.#caller);
  }

  #silenceOf(timeoutMs: number, message: string): NodeJS.Timeout {
    return setTimeout(() => {
      // While the caller does not read, the upstream is silent because we do not listen.
      if (this.#caller === undefined) this.#fail(tooSlow(message));
    }, timeoutMs);
  }
}

const tooSlow = (message: string) => new GatewayError('upstream_timeout', message);

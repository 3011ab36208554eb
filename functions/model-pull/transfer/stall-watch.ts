import { GatewayError } from '#shared/errors.ts';

/** Aborts what takes too long: for a byte, or in all. */
export class StallWatch {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #byte: NodeJS.Timeout;
  readonly #whole: NodeJS.Timeout;
  #isCounting = true;
  stall: GatewayError | undefined;

  constructor(stallMs: number, wholeMs: number, outer: AbortSignal) {
    this.#outer = outer;
    outer.addEventListener('abort', this.#follow);
    if (outer.aborted) this.#follow();
    this.#byte = setTimeout(() => this.#isCounting && this.#end(), stallMs);
    this.#whole = setTimeout(() => this.#end(), Math.min(wholeMs, 2 ** 31 - 1));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  sawBytes(): void {
    this.#byte.refresh();
  }

  /** While we wait for the disk it is not the source that stalls. */
  async withoutCounting(work: Promise<void>): Promise<void> {
    this.#isCounting = false;
    await work;
    this.#isCounting = true;
    this.#byte.refresh();
  }

  end(): void {
    clearTimeout(this.#byte);
    clearTimeout(this.#whole);
    this.#outer.removeEventListener('abort', this.#follow);
  }

  readonly #follow = () => this.#controller.abort(this.#outer.reason);

  #end(): void {
    this.stall = new GatewayError('upstream_timeout', 'A part of the blob stalled.');
    this.#controller.abort(this.stall);
  }
}

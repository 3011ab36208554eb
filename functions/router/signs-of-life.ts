import type { Exchange } from '#shared/http/exchange.ts';
import { openAnswer } from './open-answer.ts';
import type { StreamForm } from './surfaces/surface.ts';

interface Rhythm {
  FIRST_SIGN_OF_LIFE_MS: number;
  SIGN_OF_LIFE_EVERY_MS: number;
}

/**
 * Keeps a streaming caller, and all proxies before it, from giving up while a model loads or thinks.
 *
 * The head goes out with the first sign: a status cannot be changed after that, so signs begin only when
 * an answer has been long in coming.
 */
export class SignsOfLife {
  readonly #exchange: Exchange;
  readonly #form: StreamForm;
  readonly #rhythm: Rhythm;
  #model = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(exchange: Exchange, form: StreamForm, rhythm: Rhythm) {
    this.#exchange = exchange;
    this.#form = form;
    this.#rhythm = rhythm;
  }

  /** For a stream only: an answer without one shows no signs, so that its status is always right. */
  begin(model: string): void {
    this.#model = model;
    this.#timer = setTimeout(() => this.#show(), this.#rhythm.FIRST_SIGN_OF_LIFE_MS);
  }

  /** Bytes of the stream are going out, which is sign enough for a while; before the first of them, the head. */
  bytes(): void {
    openAnswer(this.#exchange, this.#form.headers);
    this.#timer?.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #show(): void {
    openAnswer(this.#exchange, this.#form.headers);
    this.#exchange.outgoing.write(this.#form.keepAlive(this.#model));
    this.#timer = setTimeout(() => this.#show(), this.#rhythm.SIGN_OF_LIFE_EVERY_MS);
  }
}

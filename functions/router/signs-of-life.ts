import type { Exchange } from '#shared/http/exchange.ts';

interface StreamForm {
  headers: Record<string, string>;
  keepAlive: string;
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
  readonly #everyMs: number;
  #timer: NodeJS.Timeout;

  constructor(exchange: Exchange, form: StreamForm, times: { firstMs: number; everyMs: number }) {
    this.#exchange = exchange;
    this.#form = form;
    this.#everyMs = times.everyMs;
    this.#timer = setTimeout(() => this.#show(), times.firstMs);
  }

  /** Bytes of the answer went out, which is sign enough for a while. */
  postpone(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #show(): void {
    const { outgoing } = this.#exchange;
    openStream(this.#exchange, this.#form.headers);
    outgoing.write(this.#form.keepAlive);
    this.#timer = setTimeout(() => this.#show(), this.#everyMs);
  }
}

/** Sends the head of a stream, once. */
export function openStream({ outgoing, arrivedAtMs }: Exchange, headers: Record<string, string>): void {
  if (outgoing.headersSent) return;
  outgoing.setHeader('openai-processing-ms', Math.round(performance.now() - arrivedAtMs));
  outgoing.writeHead(200, headers);
  outgoing.flushHeaders();
}

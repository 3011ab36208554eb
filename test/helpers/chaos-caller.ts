import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { PIECE, type Script } from './chaos-stage.ts';

interface Wish {
  script: Script;
  model?: string;
  stream?: boolean;
  /** The body stays away until `send`, so that many calls can be made to arrive at once. */
  heldBack?: boolean;
  /** Reads nothing of the answer until `read`. */
  stalled?: boolean;
  /** Further fields of the body. */
  fields?: object;
  /** Further headers. */
  headers?: Record<string, string>;
}

interface Gateway {
  url: string;
  key: string;
}

/** One caller on a connection of its own, who counts the pieces that have come. */
export class Caller {
  readonly name: string;
  status: number | undefined;
  headers: IncomingMessage['headers'] = {};
  body = '';
  /** The head is there, or never will be. */
  readonly answered: Promise<void>;
  /** The answer is over, whole or not. */
  readonly ended: Promise<void>;
  /** The connection broke before the answer was whole. */
  broken = false;
  readonly #request: ClientRequest;
  readonly #rest: Buffer;
  #response: IncomingMessage | undefined;
  #watchers: (() => void)[] = [];

  constructor({ url, key }: Gateway, { script, model = 'ollama/scripted', ...wish }: Wish) {
    const { stream = true, heldBack = false, stalled = false, fields } = wish;
    this.name = script.call;
    const messages = [{ role: 'user', content: JSON.stringify(script) }];
    const body = Buffer.from(JSON.stringify({ model, stream, messages, ...fields }));
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'content-length': body.length,
      'x-gateway-tag': script.call,
      ...wish.headers,
    };
    this.#request = request(`${url}/v1/chat/completions`, { method: 'POST', headers, agent: false });
    this.#request.write(body.subarray(0, 1));
    this.#rest = body.subarray(1);
    if (!heldBack) this.send();
    this.answered = this.#answer(stalled);
    this.ended = this.answered.then(() => this.#end());
  }

  get pieces(): number {
    return this.body.split(PIECE).length - 1;
  }

  /** The code of the error, in the body or in the stream. */
  get code(): string | undefined {
    return /"code":\s*"(\w+)"/.exec(this.body)?.[1];
  }

  get isDone(): boolean {
    return this.body.endsWith('data: [DONE]\n\n');
  }

  send(): void {
    this.#request.end(this.#rest);
  }

  read(): void {
    this.#response?.resume();
  }

  hangUp(): void {
    this.#request.destroy();
  }

  /** As soon as so many pieces have come. */
  has(pieces: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (this.pieces >= pieces) resolve();
        else this.#watchers.push(look);
      };
      look();
      const told = () => reject(new Error(`${this.name} ended with ${this.status}: ${this.body}`));
      void this.ended.then(() => (this.pieces >= pieces ? resolve() : told()));
    });
  }

  async #answer(stalled: boolean): Promise<void> {
    this.#request.on('error', () => {
      this.broken = true;
    });
    const closed = once(this.#request, 'close').catch(() => []);
    const response = once(this.#request, 'response').catch(() => []) as Promise<IncomingMessage[]>;
    const [answer] = (await Promise.race([response, closed])) as (IncomingMessage | undefined)[];
    if (answer === undefined) return;
    this.#response = answer;
    this.status = answer.statusCode;
    this.headers = answer.headers;
    answer.setEncoding('utf8').on('error', () => {});
    answer.on('data', (text: string) => {
      this.body += text;
      for (const look of this.#watchers.splice(0)) look();
    });
    if (stalled) answer.pause();
  }

  async #end(): Promise<void> {
    const answer = this.#response;
    if (answer && !answer.closed) await new Promise((resolve) => answer.once('close', resolve));
    this.broken ||= !(answer?.complete ?? false);
  }
}

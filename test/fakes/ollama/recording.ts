import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { deferred } from './deferred.ts';
import type { Fault } from './faults.ts';
import type { JsonObject } from './go-json.ts';

/** How a request ended: by us, by the client's leaving, by a fault, or by `stop()`. */
export type Ending = 'answered' | 'aborted' | 'cut' | 'stopped';

export type Generation = 'not-started' | 'running' | 'finished' | 'stopped';

/** Everything that is known of one request; it keeps growing until the request has closed. */
export class RequestRecord {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly arrivedAt = performance.now();
  bodyText = '';
  /** The parsed body, `{}` when it is no JSON object. */
  body: JsonObject = {};
  fault: Fault | undefined;
  status: number | undefined;
  /** Lines, events or whole bodies handed to the socket in full. */
  chunksSent = 0;
  /** When each of them went, on the clock of `performance.now()`. */
  readonly chunkTimesMs: number[] = [];
  /** Tokens the model made, whether or not they still arrived. */
  outputTokens = 0;
  promptTokens = 0;
  /** Waiting for a load and loading are the two phases before a slot. */
  phase: 'received' | 'queued' | 'loading' | 'slot' | 'generating' = 'received';
  generation: Generation = 'not-started';
  ending: Ending | undefined;
  /** Resolves when the answer is out or broken off and the model has stopped working on it. */
  readonly closed: Promise<Ending>;

  readonly #resolveClosed: (ending: Ending) => void;
  #watchers: (() => void)[] = [];

  constructor(request: IncomingMessage) {
    const { promise, resolve } = deferred<Ending>();
    const [path = '', query = ''] = (request.url ?? '/').split('?');
    this.method = request.method ?? 'GET';
    this.path = path;
    this.query = query;
    this.headers = request.headers;
    this.closed = promise;
    this.#resolveClosed = resolve;
  }

  get aborted(): boolean {
    return this.ending === 'aborted';
  }

  /** Resolves as soon as this is true of the record, e.g. `until((r) => r.chunksSent >= 3)`. */
  until(isTrue: (record: this) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (isTrue(this)) resolve();
        else if (this.ending) reject(new Error(`${this.path} ended (${this.ending}) before that came true.`));
        else this.#watchers.push(look);
      };
      look();
    });
  }

  update(
    change: Partial<Pick<this, 'phase' | 'generation' | 'status' | 'promptTokens' | 'outputTokens'>>,
  ): void {
    Object.assign(this, change);
    this.#changed();
  }

  chunkWent(): void {
    this.chunksSent += 1;
    this.chunkTimesMs.push(performance.now());
    this.#changed();
  }

  close(ending: Ending): void {
    this.ending = ending;
    this.#changed();
    this.#resolveClosed(ending);
  }

  #changed(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const look of watchers) look();
  }
}

/** Hands out records in the order in which their bodies came in. */
export class Recording {
  readonly requests: RequestRecord[] = [];
  #unread: RequestRecord[] = [];
  #readers: {
    path: string | undefined;
    resolve: (record: RequestRecord) => void;
    reject: (e: Error) => void;
  }[] = [];

  open(request: IncomingMessage): RequestRecord {
    const record = new RequestRecord(request);
    this.requests.push(record);
    return record;
  }

  /** The request is complete and may be given to whoever waits for it. */
  publish(record: RequestRecord): void {
    const at = this.#readers.findIndex(({ path }) => path === undefined || path === record.path);
    const [reader] = at === -1 ? [] : this.#readers.splice(at, 1);
    if (reader) reader.resolve(record);
    else this.#unread.push(record);
  }

  next(path?: string): Promise<RequestRecord> {
    const at = this.#unread.findIndex((record) => path === undefined || path === record.path);
    const [record] = at === -1 ? [] : this.#unread.splice(at, 1);
    if (record) return Promise.resolve(record);
    return new Promise((resolve, reject) => this.#readers.push({ path, resolve, reject }));
  }

  stop(): void {
    for (const { reject } of this.#readers)
      reject(new Error('The fake Ollama stopped before that request came.'));
    this.#readers = [];
  }
}

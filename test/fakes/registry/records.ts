import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { ByteRange } from './content.ts';
import type { Fault } from './faults.ts';

/** What a request wants: `size` is the HEAD of a blob, `link` a GET that is sent on, `data` one that gets bytes. */
export type Asked = 'manifest' | 'size' | 'link' | 'data' | 'token' | 'other';

/** By us in full, by the client's leaving, by a fault, or by `stop()`. */
export type Ending = 'answered' | 'left' | 'cut' | 'stopped';

/** Everything that is known of one request; it keeps growing until `closed`. */
export class RequestRecord {
  readonly server: 'registry' | 'cdn';
  readonly method: string;
  /** As it stood in the request: path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Who: address and port of the connection, so equal for requests on one kept-alive connection. */
  readonly client: string;
  asked: Asked = 'other';
  /** `library/tiny:latest`; without the tag where a blob is asked for. */
  model: string | undefined;
  digest: string | undefined;
  /** What was asked for of the blob, all of it when there was no `Range`. */
  range: ByteRange | undefined;
  /** What came over this request. */
  faults: readonly Fault[] = [];
  status: number | undefined;
  /** Of the body, taken by the kernel; of these the last may not have arrived where the client left. */
  bytesSent = 0;
  ending: Ending | undefined;
  readonly closed: Promise<Ending>;
  readonly #close: (ending: Ending) => void;

  constructor(server: 'registry' | 'cdn', request: IncomingMessage) {
    this.server = server;
    this.method = request.method ?? '';
    this.url = request.url ?? '';
    this.headers = request.headers;
    this.client = `${request.socket.remoteAddress}:${request.socket.remotePort}`;
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.closed = promise;
    this.#close = resolve;
  }

  close(ending: Ending): void {
    this.ending = ending;
    this.#close(ending);
  }
}

/** All requests of both servers, in the order of arrival. */
export class Records {
  readonly requests: RequestRecord[] = [];
  /** Requests at the CDN that brought a credential along: it is the registry's, and nobody else's business. */
  readonly leaks: RequestRecord[] = [];
  readonly #parallel = new Map<string, { now: number; most: number }>();
  #watchers: (() => void)[] = [];
  #isStopped = false;

  open(server: 'registry' | 'cdn', request: IncomingMessage, response: ServerResponse): RequestRecord {
    const record = new RequestRecord(server, request);
    this.requests.push(record);
    if (server === 'cdn' && request.headers.authorization !== undefined) this.leaks.push(record);
    response.once('close', () => {
      const left = this.#isStopped ? 'stopped' : 'left';
      if (record.asked === 'data') this.#parallelOf(record).now -= 1;
      record.close(record.ending ?? (response.writableFinished ? 'answered' : left));
      this.changed();
    });
    return record;
  }

  /** It is known what the request wants. */
  understood(record: RequestRecord): void {
    if (record.asked === 'data') {
      const parallel = this.#parallelOf(record);
      parallel.now += 1;
      parallel.most = Math.max(parallel.most, parallel.now);
    }
    this.changed();
  }

  /** To be called for whatever may make a watcher's wish true. */
  changed(): void {
    for (const look of this.#watchers.splice(0)) look();
  }

  /** Resolves as soon as this is true, which is looked at whenever something happens. */
  until(isTrue: (requests: readonly RequestRecord[]) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (isTrue(this.requests)) resolve();
        else if (this.#isStopped) reject(new Error('The fake registry stopped before that came true.'));
        else this.#watchers.push(look);
      };
      look();
    });
  }

  /** The most requests for the bytes of this blob that were open at one time. */
  mostParallel(digest: string): number {
    return this.#parallel.get(digest)?.most ?? 0;
  }

  /** The bytes of this blob that were sent, those that were sent twice counted twice. */
  bytesServed(digest: string): number {
    const data = this.requests.filter((record) => record.asked === 'data' && record.digest === digest);
    return data.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
  }

  stop(): void {
    this.#isStopped = true;
    this.changed();
  }

  #parallelOf({ digest = '' }: RequestRecord) {
    const parallel = this.#parallel.get(digest) ?? { now: 0, most: 0 };
    this.#parallel.set(digest, parallel);
    return parallel;
  }
}

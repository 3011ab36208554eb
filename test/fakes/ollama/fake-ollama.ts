import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defaultModels } from './default-models.ts';
import { Faults } from './faults.ts';
import type { Loader } from './loader.ts';
import { ModelStore } from './models.ts';
import { Recording, type RequestRecord } from './recording.ts';
import { serve } from './serve-request.ts';
import { createState, type FakeOllamaOptions, type Ollama } from './server-state.ts';
import { StoreFolder } from './store.ts';

/**
 * Starts an Ollama that is real on the wire and scripted behind it; its `/v1` also serves as any other
 * OpenAI-compatible upstream. Follows Ollama 0.33 for inference, listing and its folder of models; it pulls
 * nothing.
 *
 *     await using ollama = await startFakeOllama({ models: [{ name: 'tiny', reply: 'Hello, 世界!' }] });
 *     ollama.faults.next({ kind: 'cut-mid-line', afterChunks: 2 });
 *     const request = await ollama.nextRequest('/api/chat');
 *     expect(await request.closed).toBe('cut');
 */
export async function startFakeOllama(options: FakeOllamaOptions = {}): Promise<FakeOllama> {
  const fake = new FakeOllama(options);
  await fake.acceptConnections(options.port ?? 0);
  // In the turn in which the port opened, so before any request; a port that is taken leaves the folder alone.
  fake.store?.start(options.noPrune ?? false);
  return fake;
}

export class FakeOllama {
  readonly faults = new Faults();
  /** Looks at each request first; true when it has taken it, and nothing is recorded then. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  readonly #recording = new Recording();
  readonly #stopped = new AbortController();
  readonly #ollama: Ollama;
  /** The folder that the models come from, if they do. */
  readonly store: StoreFolder | undefined;
  readonly #declared: ModelStore;
  #server: Server | undefined;
  #port = 0;

  constructor(options: FakeOllamaOptions) {
    const { models = defaultModels } = options;
    this.store = typeof models === 'string' ? new StoreFolder(models) : undefined;
    this.#declared = new ModelStore(typeof models === 'string' ? [] : models);
    this.#ollama = createState(this.store ?? this.#declared, options);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Every request so far, whatever its path, in the order of arrival. */
  get requests(): readonly RequestRecord[] {
    return this.#recording.requests;
  }

  /** The next request (to this path) that nobody has taken yet, as soon as its body is in. */
  nextRequest(path?: string): Promise<RequestRecord> {
    return this.#recording.next(path);
  }

  /** For tests that declare their models. */
  get models(): ModelStore {
    if (this.store) throw new Error('The models of this Ollama are in a folder: change that.');
    return this.#declared;
  }

  get loader(): Loader {
    return this.#ollama.scheduler.loader;
  }

  /** Every load that was begun, with how it ended. */
  get loads() {
    return this.loader.loads;
  }

  get reloads(): number {
    return this.loads.filter(({ isReload }) => isReload).length;
  }

  /** Lets no load finish until the returned function is called. */
  holdLoads(): () => void {
    return this.loader.hold();
  }

  /** Takes connections, again at the old port if there was one. */
  async acceptConnections(port = this.#port): Promise<void> {
    const server = createServer(async (request, response) => {
      if (this.intercept(request, response)) return;
      await serve(this.#ollama, this.#recording, this.faults, this.#stopped.signal, request, response);
    });
    // Go closes no idle connection by itself, so neither does this.
    Object.assign(server, { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0, timeout: 0 });
    server.on('connection', (socket) => socket.setNoDelay(true));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Closes the listener and all connections: whoever connects now gets ECONNREFUSED. */
  async refuseConnections(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error('The fake Ollama has stopped.'));
    this.#recording.stop();
    this.#ollama.scheduler.stop();
    await this.refuseConnections();
    await Promise.all(this.requests.map(({ closed }) => closed));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

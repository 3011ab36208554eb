import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defaultModels } from './default-models.ts';
import { Faults } from './faults.ts';
import { type FakeModel, ModelStore } from './models.ts';
import { Recording, type RequestRecord } from './recording.ts';
import { Scheduler, type SchedulerOptions } from './scheduler.ts';
import { serve } from './serve.ts';
import type { Ollama } from './server-state.ts';

export interface FakeOllamaOptions extends Partial<SchedulerOptions> {
  port?: number;
  models?: FakeModel[];
  /** OLLAMA_CONTEXT_LENGTH: the window of a model that names no `numCtx`. */
  contextLength?: number;
  version?: string;
}

/**
 * Starts an Ollama that is real on the wire and scripted behind it; its `/v1` also serves as any other
 * OpenAI-compatible upstream. Follows Ollama 0.33 for inference and listing; it has no store and pulls nothing.
 *
 *     await using ollama = await startFakeOllama({ models: [{ name: 'tiny', reply: 'Hello, 世界!' }] });
 *     ollama.faults.next({ kind: 'cut-mid-line', afterChunks: 2 });
 *     const request = await ollama.nextRequest('/api/chat');
 *     expect(await request.closed).toBe('cut');
 */
export async function startFakeOllama(options: FakeOllamaOptions = {}): Promise<FakeOllama> {
  const fake = new FakeOllama(options);
  await fake.acceptConnections(options.port ?? 0);
  return fake;
}

export class FakeOllama {
  readonly faults = new Faults();
  readonly #recording = new Recording();
  readonly #stopped = new AbortController();
  readonly #ollama: Ollama;
  #server: Server | undefined;
  #port = 0;

  constructor({
    models = defaultModels,
    contextLength = 4096,
    version = '0.33.0',
    ...limits
  }: FakeOllamaOptions) {
    const scheduler = new Scheduler({
      loadDelayMs: limits.loadDelayMs ?? 0,
      numParallel: limits.numParallel ?? 1,
      maxQueue: limits.maxQueue ?? 512,
      maxLoadedModels: limits.maxLoadedModels ?? 3,
      keepAliveMs: limits.keepAliveMs ?? 300_000,
    });
    this.#ollama = { models: new ModelStore(models), scheduler, contextLength, version };
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

  get models(): ModelStore {
    return this.#ollama.models;
  }

  /** Every load that was begun, with how it ended. */
  get loads() {
    return this.#ollama.scheduler.loads;
  }

  get reloads(): number {
    return this.loads.filter(({ isReload }) => isReload).length;
  }

  /** Lets no load finish until the returned function is called. */
  holdLoads(): () => void {
    return this.#ollama.scheduler.holdLoads();
  }

  /** Takes connections, again at the old port if there was one. */
  async acceptConnections(port = this.#port): Promise<void> {
    const server = createServer((request, response) =>
      serve(this.#ollama, this.#recording, this.faults, this.#stopped.signal, request, response),
    );
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

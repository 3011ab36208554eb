import { excess, maxAsyncBodyBytes } from './admission.ts';
import { AsyncInvocation } from './async-invocation.ts';
import type { Call } from './call.ts';
import { pairsOf } from './header-lists.ts';
import type { InstancePool } from './instance-pool.ts';
import { Refusal } from './refusal.ts';
import { hasBody, requestHeaders } from './request-headers.ts';
import type { Settings } from './settings.ts';
import type { FunctionSpec } from './spec.ts';
import type { StoredRequest } from './stored-request.ts';

/** What one function was given to do later. As many run at once as its instances have seats; the others wait. */
export class AsyncInvocations {
  readonly #spec: FunctionSpec;
  readonly #settings: Settings;
  readonly #known = new Map<string, AsyncInvocation>();

  constructor(spec: FunctionSpec, settings: Settings) {
    this.#spec = spec;
    this.#settings = settings;
  }

  get all(): readonly AsyncInvocation[] {
    return [...this.#known.values()];
  }

  /**
   * Keeps the request, for the version that it meets now, and answers 202.
   *
   * @throws Refusal when the body is too long, or there was a task with this id.
   */
  async accept(call: Call, pool: InstancePool): Promise<void> {
    const { spec, request, response, requestId } = call;
    const stored = await storedRequest(call);
    const id = request.headers['x-fc-async-task-id']?.toString() ?? requestId;
    if (this.#known.has(id)) throw new Refusal('AsyncTaskAlreadyExists', `There is a task ${id} already.`);
    const invocation = new AsyncInvocation(id, stored, spec, this.#settings, pool);
    this.#known.set(id, invocation);
    response.writeHead(202, { 'content-length': 0, 'X-Fc-Request-Id': requestId }).end();
  }

  /** @throws Error when there is no such task. */
  stop(id: string): void {
    const invocation = this.#known.get(id);
    if (!invocation) throw new Error(`${this.#spec.name} has no task ${id}.`);
    invocation.stop();
  }

  /** Begins nothing more; what runs ends with its instance. */
  close(): void {
    for (const invocation of this.all) invocation.close();
  }
}

/** As any caller's, less what belonged to its connection. Nothing in it says that nobody waits. */
async function storedRequest(call: Call): Promise<StoredRequest> {
  const { spec, request, requestId } = call;
  const body = await bodyOf(call);
  const headers: string[] = [];
  for (const [name, value] of pairsOf(requestHeaders(spec, request, requestId))) {
    if (!/^(transfer-encoding|content-length)$/i.test(name)) headers.push(name, value);
  }
  headers.push('Content-Length', String(body.length));
  return { method: request.method ?? '', path: request.url ?? '', headers, body };
}

async function bodyOf({ request, response }: Call): Promise<Buffer> {
  if (!hasBody(request)) return Buffer.alloc(0);
  if (request.headers.expect) response.writeContinue();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    bytes += chunk.length;
    const refusal = excess('body', bytes, maxAsyncBodyBytes);
    if (refusal) throw refusal;
  }
  return Buffer.concat(chunks);
}

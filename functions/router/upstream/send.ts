import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { GatewayError } from '#shared/errors.ts';
import { leftMs } from '../deadlines.ts';
import { accountLost, callerGone } from '../giving-up.ts';
import type { Connections } from './connections.ts';

/** Headers are ours alone: nothing that a caller or FC sent is ever copied. */
export interface UpstreamRequest {
  url: URL;
  /** Made anew each time that it is sent: a signed credential is good for once. */
  headers(): Promise<Record<string, string>>;
  body: Buffer;
}

interface SendOptions {
  connectTimeoutMs: number;
  /** When the head of the answer must be there, by `performance.now()`. */
  firstByteAtMs: number;
  hungUp: AbortSignal;
  /** Aborted when the ledger has closed the call: whatever it still produces, nobody would pay. */
  gone: AbortSignal;
  /** Called when the request is sent a second time, over a connection of its own. */
  onResend(): void;
}

/**
 * A kept connection that the upstream had closed says so as soon as it is written to: within a round
 * trip. What breaks later breaks while the upstream works, and must not be given the same work again.
 */
const STALE_WITHIN_MS = 200;

/**
 * Sends a request to an upstream and waits for the head of its answer.
 *
 * @throws GatewayError `upstream_error`, `upstream_timeout`, or `caller_gone` when the caller hung up.
 */
export async function send(connections: Connections, request: UpstreamRequest, options: SendOptions) {
  try {
    return await sendOnce(connections, request, options);
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
    connections.dropIdle();
    options.onResend();
    return await sendOnce(connections, request, options);
  }
}

/** The upstream had closed a kept connection before it saw the request. */
class StaleConnection extends Error {}

async function sendOnce(
  connections: Connections,
  request: UpstreamRequest,
  options: SendOptions,
): Promise<IncomingMessage> {
  const { url, body } = request;
  const headers = await request.headers();
  const sentAtMs = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = connections.request(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'content-length': body.length },
    });
    const fail = (error: Error) => {
      cleanUp();
      outgoing.destroy();
      reject(error);
    };
    const hangUp = () => fail(callerGone());
    const abandon = () => fail(accountLost());
    const timer = setTimeout(() => fail(tooSlow()), leftMs(options.firstByteAtMs));
    const cleanUp = () => {
      clearTimeout(timer);
      options.hungUp.removeEventListener('abort', hangUp);
      options.gone.removeEventListener('abort', abandon);
    };
    outgoing.on('error', (cause) =>
      fail(isStale(outgoing, cause, sentAtMs) ? new StaleConnection() : unreachable(cause)),
    );
    outgoing.once('socket', (socket) => {
      const connected = url.protocol === 'https:' ? 'secureConnect' : 'connect';
      if (socket.connecting) limitConnect(socket, connected, options.connectTimeoutMs);
    });
    outgoing.once('response', (response) => {
      cleanUp();
      resolve(response);
    });
    if (options.hungUp.aborted) return hangUp();
    if (options.gone.aborted) return abandon();
    options.hungUp.addEventListener('abort', hangUp);
    options.gone.addEventListener('abort', abandon);
    outgoing.end(body);
  });
}

/** Until the connection can be used: over TLS, when the handshake is done. Destroying it fails the request. */
function limitConnect(socket: Socket, connected: 'connect' | 'secureConnect', timeoutMs: number): void {
  const timer = setTimeout(
    () => socket.destroy(new Error('The connection was not made in time.')),
    timeoutMs,
  );
  socket.once(connected, () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
}

const isStale = (request: ClientRequest, error: NodeJS.ErrnoException, sentAtMs: number) =>
  request.reusedSocket &&
  (error.code === 'ECONNRESET' || error.code === 'EPIPE') &&
  performance.now() - sentAtMs < STALE_WITHIN_MS;

const unreachable = (cause: unknown) =>
  new GatewayError('upstream_error', 'The model cannot be reached at the moment.', { cause });

const tooSlow = () => new GatewayError('upstream_timeout', 'The model did not begin to answer in time.');

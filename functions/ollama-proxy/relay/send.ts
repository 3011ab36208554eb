import { request as httpRequest, type IncomingMessage } from 'node:http';
import { GatewayError } from '#shared/errors.ts';
import { destroyOnAbort } from '../child/destroy-on-abort.ts';
import type { RunningOllama } from '../child/state.ts';

export interface OllamaRequest {
  method: string;
  path: string;
  /** Ours alone: what a caller or Function Compute sent is not copied, but for what is in here. */
  headers: Record<string, string>;
  body: Buffer | undefined;
}

export interface Sent {
  /** The head of the answer. */
  reply: Promise<IncomingMessage>;
  /** Resolves when the connection is gone; from then on Ollama can know that nobody listens. */
  closed: Promise<void>;
}

/**
 * Sends a request to Ollama, over a connection of its own: on loopback it costs a tenth of a millisecond, and its end
 * is the end of this request alone.
 *
 * `reply` rejects with `upstream_error` when Ollama ends before it answers, or with the signal's reason.
 */
export function send(
  ollama: RunningOllama,
  { method, path, headers, body }: OllamaRequest,
  signal: AbortSignal,
): Sent {
  const request = httpRequest({
    host: '127.0.0.1',
    port: ollama.port,
    method,
    path,
    agent: false,
    headers: {
      ...headers,
      host: `127.0.0.1:${ollama.port}`, // on loopback it refuses any that is not local
      ...(body && { 'content-length': body.length }),
    },
  });
  const closed = new Promise<void>((resolve) => {
    request.once('socket', (socket) => socket.once('close', () => resolve()));
    request.once('close', () => request.socket ?? resolve());
  });
  const reply = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', (response) => {
      ollama.heard();
      resolve(response);
    });
    request.on('error', (cause) => reject(signal.aborted ? signal.reason : ended(cause)));
  });
  destroyOnAbort(request, [signal, ollama.ended]);
  request.end(body);
  return { reply, closed };
}

/** A caller may try again: of an answer that has not begun nothing is lost. */
const ended = (cause: unknown) =>
  new GatewayError('upstream_error', 'Ollama ended before it answered; it is being started again.', {
    cause,
    retryAfterMs: 1_000,
  });

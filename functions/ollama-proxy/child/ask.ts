import { request as httpRequest, type IncomingMessage } from 'node:http';
import { destroyOnAbort } from './destroy-on-abort.ts';

export interface Question {
  port: number;
  method: 'GET' | 'HEAD' | 'POST';
  path: string;
  body?: object;
  /** The first that is aborted ends it. */
  signals: readonly AbortSignal[];
}

export interface Answer {
  status: number;
  body: Buffer;
}

const ANSWER_LIMIT_BYTES = 4 * 1024 * 1024;

/**
 * Asks our own Ollama something for ourselves: never on behalf of a caller, so no caller's leaving ends it.
 *
 * @throws the reason of a signal that is aborted first, or Node's error when the connection breaks.
 */
export function ask({ port, method, path, body, signals }: Question): Promise<Answer> {
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const headers = bytes && { 'content-type': 'application/json', 'content-length': bytes.length };
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(signals.find(({ aborted }) => aborted)?.reason ?? error);
    const request = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false });
    request.once('response', (response) => {
      readAll(response).then((read) => resolve({ status: response.statusCode!, body: read }), fail);
    });
    request.on('error', fail);
    destroyOnAbort(request, signals);
    request.end(bytes);
  });
}

async function readAll(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > ANSWER_LIMIT_BYTES) throw new Error('Ollama said more than it was asked for.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as startRequest } from 'node:http';
import { excess, maxBodyBytes } from './admission.ts';
import type { Call } from './call.ts';
import type { Connections } from './connections.ts';
import { hasBody, requestHeaders } from './request-headers.ts';
import { responseHeaders } from './response-headers.ts';

/** Where a request goes. */
interface Target {
  port: number;
  connections: Connections;
}

/**
 * Passes one request to an instance and its answer back, byte by byte as they come.
 *
 * Settles when the instance has nothing more to send; rejects when that is not the whole answer.
 */
export async function forward(call: Call, target: Target): Promise<void> {
  const { asking, answer } = await askWithRetry(call, target);
  try {
    await relay(call, answer);
  } finally {
    if (!asking.writableEnded || !answer.complete) abandon(call, asking);
  }
}

async function relay(call: Call, answer: IncomingMessage): Promise<void> {
  const { statusCode = 502, statusMessage = '' } = answer;
  call.response.writeHead(statusCode, statusMessage, responseHeaders(answer, call));
  call.response.flushHeaders();
  answer.pipe(call.response);
  await once(answer, 'end');
}

/** What is left to say in either direction must not wait for an instance that may be frozen from now on. */
function abandon({ request }: Call, asking: ClientRequest): void {
  request.unpipe(asking);
  request.resume();
  asking.destroy();
}

interface Exchange {
  asking: ClientRequest;
  answer: IncomingMessage;
}

/**
 * FC sends nothing twice that could do something twice: a connection that an instance closes under a
 * POST is a 502 to the caller.
 */
async function askWithRetry(call: Call, target: Target): Promise<Exchange> {
  try {
    return await ask(call, target);
  } catch (error) {
    const isSafe = ['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(call.request.method ?? '');
    if (!isSafe || hasBody(call.request) || call.ended.aborted) throw error;
    return await ask(call, target);
  }
}

async function ask(call: Call, { port, connections }: Target): Promise<Exchange> {
  if (connections.takeClosed()) throw new Error('the instance had closed the idle connection');
  const { method, url: path } = call.request;
  // As a list they keep their order, their spelling and what comes twice.
  const headers = requestHeaders(call.spec, call.request, call.requestId);
  const signal = call.ended;
  const asking = startRequest({ host: '127.0.0.1', port, agent: connections, method, path, headers, signal });
  asking.on('error', () => {}); // what `once` does not hear: an end that comes after the head of the answer
  sendBody(call, asking);
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  return { asking, answer };
}

function sendBody({ request, response, end }: Call, asking: ClientRequest): void {
  if (!hasBody(request)) {
    asking.end();
    return;
  }
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    const refusal = excess('body', bytes, maxBodyBytes);
    if (refusal) end(refusal);
  });
  if (request.headers.expect) response.writeContinue();
  request.pipe(asking);
}

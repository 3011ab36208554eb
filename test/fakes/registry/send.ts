import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Plan } from './plan.ts';
import type { RequestRecord } from './records.ts';
import { type Step, stepsOf } from './steps.ts';

/** One request on its way through the fake. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  record: RequestRecord;
  /** To be called when a byte has gone. */
  onProgress(): void;
}

/** Sends an answer as planned, as fast as the client reads, until it is out or the client has left. */
export async function send(exchange: Exchange, plan: Plan): Promise<void> {
  const { request, response } = exchange;
  const claimed = claimedLength(plan);
  const { 'content-length': _, ...headers } = plan.headers;
  const told = claimed === undefined ? {} : { 'content-length': claimed };
  const isBodiless = request.method === 'HEAD' || [204, 304].includes(plan.status);
  response.writeHead(plan.status, { ...defined(headers), ...told });
  if (isBodiless) return void response.end();
  response.flushHeaders();
  for (const step of stepsOf(plan)) {
    if (response.closed || response.destroyed) return;
    if (step.act === 'reset') return cut(exchange, () => request.socket.resetAndDestroy());
    await take(exchange, step);
  }
  const isTrue = claimed === undefined || claimed === String(plan.lengthBytes);
  if (isTrue) response.end();
  else cut(exchange, () => request.socket.destroySoon()); // the connection is of no use after a lie
}

/** What `Content-Length` says; undefined for a body in chunks. */
function claimedLength({ headers, says, range, lengthBytes }: Plan): string | undefined {
  if ('content-length' in headers) return headers['content-length'];
  if (says === 'nothing') return undefined;
  return String(says === 'what-it-is' ? lengthBytes : range.end - range.start);
}

async function take({ response, record, onProgress }: Exchange, step: Exclude<Step, { act: 'reset' }>) {
  switch (step.act) {
    case 'send':
      await whileThere(response, (done) => response.write(step.bytes, () => done()));
      if (!response.destroyed) record.bytesSent += step.bytes.length;
      return onProgress();
    case 'stall':
      return whileThere(response, (done) => step.released.then(done));
    case 'wait':
      return step.delayMs > 0 ? setTimeout(step.delayMs) : setImmediate();
  }
}

/** Breaks the connection, and says that it was our doing. */
export function cut({ record }: Pick<Exchange, 'record'>, breakOff: () => void): void {
  record.ending = 'cut';
  breakOff();
}

/** Waits until it is done or the client has gone, whichever is first. */
export function whileThere(response: ServerResponse, work: (done: () => void) => unknown): Promise<void> {
  return new Promise((resolve) => {
    if (response.closed) return resolve();
    response.once('close', resolve);
    const done = () => {
      response.off('close', resolve);
      resolve();
    };
    work(done);
  });
}

const defined = (headers: Record<string, string | undefined>) =>
  Object.fromEntries(
    Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined),
  );

import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../errors.ts';
import { newKeyToken } from '../keys/key-token.ts';
import { createLog } from '../log.ts';
import { logWhenEnded, noteFailure } from './access-log.ts';
import { type Exchange, openExchange } from './exchange.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** The line of one request, which is answered by `answer`; without `patience` the caller leaves at the first byte. */
async function lineOf(
  answer: (exchange: Exchange) => void,
  options: { path?: string; headers?: Record<string, string | string[]>; patience?: boolean } = {},
) {
  const { path = '/v1/models', headers = {}, patience = true } = options;
  const written = Promise.withResolvers<string>();
  const log = createLog('router', written.resolve);
  const server = createServer((incoming, outgoing) => {
    const exchange = openExchange(incoming, outgoing);
    logWhenEnded(exchange, log);
    answer(exchange);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closers.push(() => server.close());
  const outgoing = request({ port: (server.address() as AddressInfo).port, path, headers, agent: false });
  outgoing
    .on('error', () => {})
    .on('response', (response) => {
      if (patience) response.resume();
      else outgoing.destroy();
    });
  outgoing.end();
  return JSON.parse(await written.promise);
}

describe("a request's one line", () => {
  it('tells what happened, and every fact that was gathered', async () => {
    const line = await lineOf(({ outgoing, facts }) => {
      Object.assign(facts, { model: 'm', promptTokens: 5 });
      outgoing.writeHead(201).end('ok');
    });
    expect(line).toMatchObject({
      event: 'request',
      requestId: expect.stringMatching(/^req_/),
      method: 'GET',
      path: '/v1/models',
      status: 201,
      model: 'm',
      promptTokens: 5,
      totalMs: expect.any(Number),
    });
    expect(line).not.toHaveProperty('hungUp');
  });

  it('tells of a caller that hung up, before and after the head', async () => {
    const during = await lineOf(({ outgoing }) => void outgoing.writeHead(200).write('a'), {
      patience: false,
    });
    expect(during).toMatchObject({ status: 200, hungUp: true });
    const before = await lineOf(({ incoming }) => void incoming.socket.destroy());
    expect(before).toMatchObject({ status: 499, hungUp: true });
  });

  it('keeps no query, no key and no great length of what the caller sent', async () => {
    const { token } = newKeyToken();
    const line = await lineOf(({ outgoing }) => void outgoing.end(), {
      path: `/v1/${token}/${'x'.repeat(500)}?api_key=secret`,
      headers: {
        'x-client-request-id': `${token}\u00e9${'y'.repeat(500)}`,
        'x-stainless-retry-count': ['1', '2'],
      },
    });
    expect(JSON.stringify(line)).not.toContain(token.slice(-20));
    expect(JSON.stringify(line)).not.toContain('secret');
    expect(line.path.length).toBeLessThanOrEqual(200);
    expect(line.clientRequestId).toMatch(/^[\x20-\x7e…]{1,128}$/);
  });

  it('has the code of a failure, and for us its cause', async () => {
    const line = await lineOf((exchange) => {
      const error = new GatewayError('upstream_error', 'told', { cause: new Error('why') });
      noteFailure(exchange, error.failure, error.cause);
      exchange.outgoing.writeHead(502).end();
    });
    expect(line).toMatchObject({ status: 502, failure: 'upstream_error', failureDetail: { message: 'why' } });
  });
});

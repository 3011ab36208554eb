import { once } from 'node:events';
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../log.ts';
import { type Door, type Health, openDoor } from './door.ts';
import type { Exchange } from './exchange.ts';

let door: Door;
let calls: string[];
let lines: Record<string, unknown>[];
let health: Health;
let answer: (request: Request, exchange: Exchange) => Response | Promise<Response>;

beforeEach(async () => {
  calls = [];
  lines = [];
  health = { status: 'ok' };
  answer = () => new Response('from the app');
  door = await openDoor(
    {
      fetch: (incoming, exchange) => answer(incoming, exchange),
      health: async () => health,
      initialize: async () => void calls.push('initialize'),
      preStop: async () => void calls.push('pre-stop'),
    },
    {
      address: '127.0.0.1',
      port: 0,
      log: createLog('test', (line) => lines.push(JSON.parse(line))),
      drainTimeoutMs: 60_000,
      crossOrigin: true,
    },
  );
});
afterEach(() => door.drain());

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
}

async function ask(path: string, options: RequestOptions = {}, body?: string): Promise<Answer> {
  const sent = request({ port: door.port, path, agent: false, ...options });
  sent.end(body);
  const [reply] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of reply) text += chunk;
  return { status: reply.statusCode!, headers: reply.headers, body: text };
}

const fromFc = (path: string) => ({ headers: { 'x-fc-control-path': path } });

describe('the door', () => {
  it('gives every answer a request id, and one log line with the same', async () => {
    const { headers } = await ask('/anything?key=sk-secret-in-the-query');
    expect(headers['x-request-id']).toMatch(/^req_[0-9a-f]{32}$/);
    await expect
      .poll(() => lines.find((line) => line.event === 'request'))
      .toMatchObject({
        requestId: headers['x-request-id'],
        method: 'GET',
        path: '/anything',
        status: 200,
        totalMs: expect.any(Number),
      });
  });

  it('lets FC initialize and stop the function, and answers 200', async () => {
    expect((await ask('/initialize', { method: 'POST', ...fromFc('/initialize') })).status).toBe(200);
    expect((await ask('/pre-stop', fromFc('/pre-stop'))).status).toBe(200);
    expect(calls).toEqual(['initialize', 'pre-stop']);
  });

  it.each([
    ['POST', '/initialize', {}],
    ['GET', '/pre-stop', {}],
    ['GET', '/initialize', { 'x-fc-control-path': '/initialize' }],
    ['GET', '/pre-stop', { 'x-fc-control-path': '/initialize' }],
    ['POST', '/invoke', {}],
    ['POST', '/invoke', { 'x-fc-control-path': '/http-invoke' }],
    ['POST', '/invoke?a', { 'x-fc-control-path': '/invoke' }],
    ['GET', '/invoke', { 'x-fc-control-path': '/invoke' }],
  ])('lets nobody else do that: %s %s with %o goes to the app', async (method, path, headers) => {
    expect((await ask(path, { method, headers })).body).toBe('from the app');
    expect(calls).toEqual([]);
  });

  it('says at /healthz whether the function is fit, and why not', async () => {
    expect(await ask('/healthz')).toMatchObject({ status: 200, body: '{"status":"ok"}' });
    expect((await ask('/healthz?from=probe')).status).toBe(200);
    health = { status: 'unavailable', reason: 'no database' };
    expect(await ask('/healthz')).toMatchObject({
      status: 503,
      body: expect.stringContaining('no database'),
    });
    expect(await ask('/healthz', { method: 'HEAD' })).toMatchObject({ status: 503, body: '' });
  });

  it('tells a request that is none in the form of all errors', async () => {
    const { status, body } = await ask('/', { headers: { host: 'a b' } });
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({ error: { type: 'invalid_request_error' } });
  });

  it('keeps an idle connection for as long as the other side wants', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = await ask('/', { agent });
    expect(first.headers.connection).toBe('keep-alive');
    expect(first.headers['keep-alive']).toBeUndefined(); // a promise to close would be here
    agent.destroy();
  });
});

describe('a browser at the door', () => {
  it('has its preflight answered without a key, with the headers that it asked for', async () => {
    const asked = 'authorization,content-type,x-stainless-arch';
    const preflight = await ask('/v1/chat/completions', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://chat.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': asked,
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': asked,
      'access-control-allow-methods': 'GET, POST, OPTIONS',
    });
  });

  it('may read an answer that was written past the app, and its headers', async () => {
    answer = async (_request, { outgoing }) => {
      outgoing.writeHead(429, { 'retry-after': '1' }).end('relayed');
      return RESPONSE_ALREADY_SENT;
    };
    const { headers, body } = await ask('/', { headers: { origin: 'https://chat.example' } });
    expect(body).toBe('relayed');
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers['access-control-expose-headers']).toContain('retry-after');
    expect(headers['x-request-id']).toBeDefined();
  });
});

describe('a door that drains', () => {
  it('finishes the call in flight, takes no new one, and gives back what the function holds', async () => {
    const arrived = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    answer = async () => {
      arrived.resolve();
      await release.promise;
      return new Response('finished');
    };
    const agent = new Agent({ keepAlive: true });
    const inFlight = ask('/', { agent });
    await arrived.promise;
    const drained = door.drain();
    await expect(ask('/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(calls).toEqual([]);
    release.resolve();
    expect((await inFlight).body).toBe('finished');
    await drained;
    expect(calls).toEqual(['pre-stop']);
    agent.destroy();
  });

  it('closes connections that stand idle', async () => {
    const agent = new Agent({ keepAlive: true });
    await ask('/', { agent });
    await door.drain();
    expect(calls).toEqual(['pre-stop']);
    agent.destroy();
  });
});

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allowCrossOrigin, answerPreflight } from './cors.ts';

const server = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
  allowCrossOrigin(incoming, outgoing);
  if (!answerPreflight(incoming, outgoing)) outgoing.writeHead(418).end();
});
beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
afterAll(() => server.close());

const ask = (method: string, headers: Record<string, string>) =>
  fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/models`, { method, headers });

const SDK =
  'authorization,content-type,x-stainless-arch,x-stainless-lang,x-stainless-retry-count,x-stainless-timeout';
const preflight = (headers: Record<string, string> = {}) =>
  ask('OPTIONS', { origin: 'https://chat.example', 'access-control-request-method': 'POST', ...headers });

describe('a preflight', () => {
  it('is answered without a key, and lets every header through that an SDK asks for', async () => {
    const { status, headers } = await preflight({ 'access-control-request-headers': SDK });
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-headers')).toBe(SDK);
    expect(headers.get('access-control-allow-methods')).toContain('POST');
    expect(headers.get('access-control-max-age')).toBe('86400');
    expect(headers.get('vary')).toContain('access-control-request-headers');
  });

  it('that asks for no headers is answered too', async () => {
    expect((await preflight()).headers.get('access-control-allow-headers')).toBe('*');
  });

  it('is not every OPTIONS', async () => {
    expect((await ask('OPTIONS', { origin: 'https://chat.example' })).status).toBe(418);
  });
});

describe('any other answer', () => {
  it('may be read by a page of any origin, with the headers that SDKs go by, whatever its status', async () => {
    const { status, headers } = await ask('GET', { origin: 'null' });
    expect(status).toBe(418);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    for (const name of ['retry-after', 'x-should-retry', 'x-request-id']) {
      expect(headers.get('access-control-expose-headers')).toContain(name);
    }
    expect(headers.has('access-control-allow-credentials')).toBe(false);
  });

  it('to one that is no page has none of these headers', async () => {
    expect((await ask('GET', {})).headers.has('access-control-allow-origin')).toBe(false);
  });
});

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, it } from 'vitest';
import { CredentialCheck } from '#shared/credential/check-credential.ts';
import { anUpstream } from '#shared/fixtures/routes.ts';
import { Connections } from './connections.ts';
import { headersFor } from './header-rules.ts';
import { send } from './send.ts';

const SECRET = 'a secret of at least 32 characters';
const shown: (string | undefined)[] = [];

/** Closes its first connection as soon as that is used again. */
const server = createServer((request, response) => {
  shown.push(request.headers.authorization);
  if (shown.length === 2) request.socket.destroy();
  else response.end('{}');
});
afterAll(() => {
  server.close().closeAllConnections();
});

it('a request that is sent again over another connection carries another credential', async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/chat`);
  const upstream = anUpstream({ credential: { kind: 'signed', secret: SECRET } });
  const headers = () => headersFor(upstream, { method: 'POST', url, accept: 'application/json' });
  const connections = new Connections();
  const { signal: never } = new AbortController();
  let resent = 0;
  const ask = async () => {
    const reply = await send(
      connections,
      { url, headers, body: Buffer.from('{}') },
      {
        connectTimeoutMs: 10_000,
        firstByteAtMs: performance.now() + 10_000,
        hungUp: never,
        gone: never,
        onResend: () => {
          resent += 1;
        },
      },
    );
    await once(reply.resume(), 'end');
  };
  await ask();
  await ask();
  expect(resent).toBe(1);
  const check = new CredentialCheck(SECRET, 'ollama-proxy');
  for (const authorization of shown)
    expect(await check.subject({ authorization, method: 'POST', path: '/api/chat' })).toBe('router');
  expect(shown).toHaveLength(3);
});

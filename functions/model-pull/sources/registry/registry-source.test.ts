import { createHash } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { parseModelName } from '#shared/protocol/registry/model-name.ts';
import { registrySource } from './registry-source.ts';
import { SigningKey } from './signing-key.ts';

const BLOB = Buffer.from(Array.from({ length: 1_000 }, (_, i) => i % 251));
const DIGEST = `sha256:${createHash('sha256').update(BLOB).digest('hex')}`;
const blob = { mediaType: 'application/vnd.ollama.image.model', digest: DIGEST, size: BLOB.length };

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const key = new SigningKey();
function sourceOf(origin: string, { stallMs = 20_000, redirects = [] as string[] } = {}) {
  const name = parseModelName(`${new URL(origin).host}/library/tiny:q4`);
  return registrySource(name, [{ origin, redirects }], { ollamaVersion: '0.33.0', key, stallMs });
}

const never = () => new AbortController().signal;

async function bytesOf(source: ReturnType<typeof sourceOf>, start = 0, end = BLOB.length) {
  const chunks: Buffer[] = [];
  for await (const chunk of await source.blob(blob).read({ start, end }, never()))
    chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const partHeaders = (start: number, end: number, more: object = {}) => ({
  'content-range': `bytes ${start}-${end - 1}/${BLOB.length}`,
  'content-length': end - start,
  ...more,
});

describe('a manifest', () => {
  it('is asked for as Ollama asks, and its bytes are given as they are', async () => {
    let asked: unknown;
    const origin = await serve(({ url, headers }, answer) => {
      asked = [url, headers.accept, headers['user-agent'], headers.authorization];
      answer.end('{ "as": "it is" }\n');
    });
    expect(String(await sourceOf(origin).manifest(never()))).toBe('{ "as": "it is" }\n');
    expect(asked).toEqual([
      '/v2/library/tiny/manifests/q4',
      'application/vnd.docker.distribution.manifest.v2+json',
      'ollama/0.33.0 (amd64 linux) Go/go1.24.1',
      undefined,
    ]);
  });

  it.each([
    [404, '{"errors":[]}', 'model_not_found', 'pull model manifest: file does not exist'],
    [
      412,
      'newer',
      'upstream_error',
      'pull model manifest: 412: this model requires a newer version of Ollama than 0.33.0',
    ],
    [500, 'a\u001b[31m b\n\n\u202ec', 'upstream_error', 'pull model manifest: 500: a [31m b c'],
    [403, '', 'upstream_error', 'pull model manifest: 403'],
    [400, 'x'.repeat(1_000), 'upstream_error', `pull model manifest: 400: ${'x'.repeat(300)}`],
    [502, 'x'.repeat(100_000), 'upstream_error', 'pull model manifest: 502'],
  ])('with status %i is a failure', async (status, body, failure, message) => {
    const origin = await serve((_, answer) => answer.writeHead(status).end(body));
    await expect(sourceOf(origin).manifest(never())).rejects.toMatchObject({ failure, message });
  });

  it('without an end is given up', async () => {
    const origin = await serve(async (_, answer) => {
      while (!answer.destroyed) {
        answer.write('x'.repeat(60_000));
        await setImmediate();
      }
    });
    await expect(sourceOf(origin).manifest(never())).rejects.toThrow('larger than 1048576 bytes');
  });

  it.each([
    ['that does not begin', () => {}],
    ['that does not end', (_: unknown, answer: { write(text: string): void }) => answer.write('{')],
  ])('%s is too late', async (_what, listener) => {
    const source = sourceOf(await serve(listener as RequestListener), { stallMs: 30 });
    await expect(source.manifest(never())).rejects.toMatchObject({ failure: 'upstream_timeout' });
  });

  it('is left when the signal says so', async () => {
    const abort = new AbortController();
    const origin = await serve((_, answer) => {
      answer.write('{');
      abort.abort(new Error('stopped'));
    });
    await expect(sourceOf(origin).manifest(abort.signal)).rejects.toThrow('stopped');
  });
});

describe('the size of a blob', () => {
  it('is what the registry says, and may contradict the manifest', async () => {
    const origin = await serve(({ method, url }, answer) => {
      answer.writeHead(method === 'HEAD' && url === `/v2/library/tiny/blobs/${DIGEST}` ? 200 : 500, {
        'content-length': 77,
      });
      answer.end();
    });
    expect(await sourceOf(origin).blob(blob).size(never())).toBe(77);
  });

  it('has to be said', async () => {
    const origin = await serve((_, answer) =>
      answer.writeHead(200, { 'transfer-encoding': 'chunked' }).end(),
    );
    await expect(sourceOf(origin).blob(blob).size(never())).rejects.toThrow('how large');
  });
});

describe('a part of a blob', () => {
  it('is the same however its answer is cut', async () => {
    const plan = { start: 0, end: 0, chunks: [] as number[], isChunked: false };
    const origin = await serve(async (_, answer) => {
      const { start, end, chunks, isChunked } = plan;
      const { 'content-length': length, ...others } = partHeaders(start, end);
      answer.writeHead(206, isChunked ? others : { ...others, 'content-length': length });
      let at = start;
      for (const size of chunks) {
        answer.write(BLOB.subarray(at, Math.min(at + size, end)));
        at = Math.min(at + size, end);
        await setImmediate();
      }
      answer.end(BLOB.subarray(at, end));
    });
    const source = sourceOf(origin);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(999),
        fc.integer({ min: 1, max: 1_000 }),
        fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 6 }),
        fc.boolean(),
        async (start, length, chunks, isChunked) => {
          const end = Math.min(BLOB.length, start + length);
          Object.assign(plan, { start, end, chunks, isChunked });
          expect((await bytesOf(source, start, end)).equals(BLOB.subarray(start, end))).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('may be the whole, also where the registry knows no parts', async () => {
    const origin = await serve((_, answer) => answer.end(BLOB));
    expect((await bytesOf(sourceOf(origin))).equals(BLOB)).toBe(true);
    await expect(bytesOf(sourceOf(origin), 0, 999)).rejects.toThrow('does not give parts');
    await expect(bytesOf(sourceOf(origin), 1)).rejects.toThrow('does not give parts');
  });

  it.each([
    ['another start', 206, partHeaders(101, 200)],
    ['another end', 206, partHeaders(100, 201)],
    ['another total', 206, partHeaders(100, 200, { 'content-range': 'bytes 100-199/999' })],
    ['an unknown total', 206, partHeaders(100, 200, { 'content-range': 'bytes 100-199/*' })],
    ['no range', 206, { 'content-length': 100 }],
    ['another length', 206, partHeaders(100, 200, { 'content-length': 99 })],
    ['a compressed body', 206, partHeaders(100, 200, { 'content-encoding': 'gzip' })],
    ['no part', 200, { 'content-length': 100 }],
    ['nothing', 204, {}],
    ['an error', 416, {}],
  ])('is refused when the answer has %s', async (_what, status, headers) => {
    const origin = await serve((_, answer) => answer.writeHead(status, headers).end(Buffer.alloc(100)));
    await expect(bytesOf(sourceOf(origin), 100, 200)).rejects.toMatchObject({ failure: 'upstream_error' });
  });

  it.each([
    ['is short', Buffer.alloc(99), 'broke off'],
    ['is long', Buffer.alloc(101), 'more of the blob'],
  ])('is an error when it %s without saying so', async (_what, body, problem) => {
    const { 'content-length': _, ...headers } = partHeaders(100, 200);
    const origin = await serve((_, answer) => answer.writeHead(206, headers).end(body));
    await expect(bytesOf(sourceOf(origin), 100, 200)).rejects.toThrow(problem);
  });

  it('is an error when its connection breaks', async () => {
    const origin = await serve((_, answer) => {
      answer.writeHead(206, partHeaders(100, 200));
      answer.write(Buffer.alloc(50), () => answer.destroy());
    });
    await expect(bytesOf(sourceOf(origin), 100, 200)).rejects.toMatchObject({
      failure: 'upstream_error',
      message: 'The blob broke off before its end.',
    });
  });

  it('is an error when it stalls', async () => {
    const origin = await serve((_, answer) => void answer.writeHead(206, partHeaders(0, 10)).write('x'));
    await expect(bytesOf(sourceOf(origin, { stallMs: 30 }), 0, 10)).rejects.toMatchObject({
      failure: 'upstream_timeout',
    });
  });
});

describe('storage that the registry redirects to', () => {
  it('is asked directly from then on, and found anew when its address is over', async () => {
    const seen: string[] = [];
    let address = 1;
    const storage = await serve(({ url, headers }, answer) => {
      seen.push(`storage ${url} ${headers.authorization}`);
      answer.writeHead(url === `/${address}` ? 206 : 403, partHeaders(0, 10)).end(BLOB.subarray(0, 10));
    });
    const home = await serve((_, answer) => {
      seen.push('home');
      answer.writeHead(307, { location: `${storage}/${address}` }).end();
    });
    const it = sourceOf(home, { redirects: [storage] }).blob(blob);
    const read = async () => (await it.read({ start: 0, end: 10 }, never())).resume().toArray();
    await read();
    await read();
    address = 2;
    await read();
    expect(seen).toEqual([
      'home',
      'storage /1 undefined',
      'storage /1 undefined',
      'storage /1 undefined',
      'home',
      'storage /2 undefined',
    ]);
  });

  it('has to be on the public internet unless it is listed', async () => {
    const storage = await serve((_, answer) => answer.end(BLOB));
    const home = await serve((_, answer) => answer.writeHead(307, { location: storage }).end());
    await expect(bytesOf(sourceOf(home))).rejects.toThrow('not reached by https');
  });
});

describe('a registry that wants to know who asks', () => {
  const wanting = async (token: (answer: Parameters<RequestListener>[1]) => void) => {
    const seen: string[] = [];
    let good = 'Bearer t1';
    const origin: string = await serve(({ url, headers }, answer) => {
      const path = url!.split('?')[0]!;
      seen.push(
        `${path} ${path === '/token' ? headers.authorization?.split(':').length : headers.authorization}`,
      );
      if (path === '/token') return token(answer);
      const challenge = `Bearer realm="${origin}/token",service="s",scope="repository:library/tiny:pull"`;
      if (headers.authorization === good) answer.end('{}');
      else answer.writeHead(401, { 'www-authenticate': challenge }).end();
    });
    return { origin, seen, renew: (next: string) => (good = `Bearer ${next}`) };
  };

  it('is shown a token after it asked, and a new one when that is over', async () => {
    let count = 0;
    const { origin, seen, renew } = await wanting((answer) => {
      count += 1;
      answer.end(JSON.stringify({ token: `t${count}` }));
    });
    const source = sourceOf(origin);
    await source.manifest(never());
    await source.manifest(never());
    renew('t2');
    await source.manifest(never());
    expect(seen.map((line) => line.replace('/v2/library/tiny/manifests/q4', 'manifest'))).toEqual([
      'manifest undefined',
      '/token 2',
      'manifest Bearer t1',
      'manifest Bearer t1',
      'manifest Bearer t1',
      '/token 2',
      'manifest Bearer t2',
    ]);
  });

  it('is not asked a third time', async () => {
    const { origin, seen } = await wanting((answer) => void answer.end('{"token":"wrong"}'));
    await expect(sourceOf(origin).manifest(never())).rejects.toThrow('unauthorized: access denied');
    expect(seen).toHaveLength(3);
  });

  it.each([
    ['is refused', 403, 'no', 'unauthorized: token: 403: no'],
    ['is no JSON', 200, '<html>', 'gives no token'],
    ['could not stand in a header', 200, '{"token":"a\\r\\nb: c"}', 'gives no token'],
    ['has no end to speak of', 200, 'x'.repeat(70_000), 'larger than'],
    ['is elsewhere', 307, '', 'unauthorized: token: 307'],
  ])('whose token %s is given up', async (_what, status, body, problem) => {
    const { origin } = await wanting((answer) =>
      answer.writeHead(status, { location: 'https://evil.example/' }).end(body),
    );
    await expect(sourceOf(origin).manifest(never())).rejects.toThrow(problem);
  });
});

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { follow } from './follow.ts';
import { Outbound } from './outbound.ts';
import type { Resolve } from './public-lookup.ts';

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

const get = (headers: Record<string, string> = {}) => ({
  method: 'GET' as const,
  headers,
  signal: new AbortController().signal,
  timeoutMs: 20_000,
});

describe('an origin that is not listed', () => {
  it.each([
    ['http://example.com/', 'not reached by https'],
    ['http://127.0.0.1/', 'not reached by https'],
    ['https://who:what@example.com/', 'not reached by https'],
    ['ftp://example.com/', 'not reached by https'],
    ['https://127.0.0.1/', 'not on the public internet'],
    ['https://2130706433/', 'not on the public internet'],
    ['https://0x7f.1/', 'not on the public internet'],
    ['https://100.100.100.200/', 'not on the public internet'],
    ['https://[::1]/', 'not on the public internet'],
    ['https://[::ffff:169.254.169.254]/', 'not on the public internet'],
    ['https://[64:ff9b::a00:1]/', 'not on the public internet'],
  ])('%s is refused', async (url, problem) => {
    const refused = new Outbound([]).request(new URL(url), get());
    await expect(refused).rejects.toMatchObject({
      failure: 'upstream_error',
      shouldRetry: false,
      message: expect.stringContaining(problem),
    });
  });

  it.each([
    [[{ address: '127.0.0.1', family: 4 }]],
    [[{ address: '::1', family: 6 }]],
    [[]],
    [
      [
        { address: '8.8.8.8', family: 4 },
        { address: '10.0.0.1', family: 4 },
      ],
    ],
  ])('is refused when its name leads inside: %j', async (addresses) => {
    const resolve: Resolve = (_, tell) => tell(null, addresses);
    const refused = new Outbound([], resolve).request(new URL('https://registry.example/'), get());
    await expect(refused).rejects.toThrow('registry.example is not on the public internet');
  });

  it('is looked up anew for each connection, so that a name which changes gains nothing', async () => {
    const asked: string[] = [];
    const resolve: Resolve = (host, tell) => {
      asked.push(host);
      tell(null, [{ address: asked.length === 1 ? '192.168.0.1' : '127.0.0.1', family: 4 }]);
    };
    const outbound = new Outbound([], resolve);
    for (let i = 0; i < 2; i += 1)
      await expect(outbound.request(new URL('https://two.example/'), get())).rejects.toThrow('public');
    expect(asked).toEqual(['two.example', 'two.example']);
  });
});

describe('an origin that is listed', () => {
  it('may lie inside and speak http, on this port and no other', async () => {
    const origin = await serve((_, answer) => answer.end('here'));
    const outbound = new Outbound([origin]);
    expect((await outbound.request(new URL('/x', origin), get())).statusCode).toBe(200);
    const other = await serve((_, answer) => answer.end('there'));
    await expect(outbound.request(new URL(other), get())).rejects.toThrow('not reached by https');
  });

  it('has to answer in time', async () => {
    const origin = await serve(() => {});
    const slow = new Outbound([origin]).request(new URL(origin), { ...get(), timeoutMs: 20 });
    await expect(slow).rejects.toMatchObject({ failure: 'upstream_timeout' });
  });

  it('is left when the signal says so', async () => {
    const abort = new AbortController();
    const origin = await serve(() => abort.abort(new Error('stopped')));
    const left = new Outbound([origin]).request(new URL(origin), { ...get(), signal: abort.signal });
    await expect(left).rejects.toThrow('stopped');
  });

  it('that cannot be reached is an error of the upstream', async () => {
    const gone = new Outbound(['http://127.0.0.1:9']).request(new URL('http://127.0.0.1:9/'), get());
    await expect(gone).rejects.toMatchObject({
      failure: 'upstream_error',
      message: expect.stringMatching(/ECONN/),
    });
  });
});

describe('a redirect', () => {
  const redirecting = (status: number, location: string | undefined) =>
    serve((_, answer) => answer.writeHead(status, location === undefined ? {} : { location }).end());

  it.each([301, 302, 303, 307, 308])('of status %i is followed', async (status) => {
    const end = await serve((_, answer) => answer.end());
    const start = await redirecting(status, `${end}/file?signed=1#part`);
    const { answer, url } = await follow(new Outbound([start, end]), new URL(start), get());
    expect([answer.statusCode, url.href]).toEqual([200, `${end}/file?signed=1`]);
  });

  it('may lead on within the origin, and there what proves who we are goes along', async () => {
    const seen: (string | undefined)[] = [];
    const origin = await serve(({ url, headers }, answer) => {
      seen.push(headers.authorization);
      if (url === '/') answer.writeHead(307, { location: '/next' });
      answer.end();
    });
    await follow(new Outbound([origin]), new URL(origin), get({ authorization: 'Bearer secret' }));
    expect(seen).toEqual(['Bearer secret', 'Bearer secret']);
  });

  it('to another origin goes without what proves who we are, also when it leads back', async () => {
    const seen: (string | undefined)[] = [];
    let home = '';
    const away = await serve(({ headers }, answer) => {
      seen.push(headers.authorization);
      answer.writeHead(302, { location: `${home}/back` }).end();
    });
    home = await serve(({ url, headers }, answer) => {
      seen.push(headers.authorization);
      if (url === '/') answer.writeHead(302, { location: away });
      answer.end();
    });
    await follow(new Outbound([home, away]), new URL(home), get({ authorization: 'Bearer secret' }));
    expect(seen).toEqual(['Bearer secret', undefined, undefined]);
  });

  it.each([
    [undefined, 'redirects nowhere'],
    ['http://[', 'redirects nowhere'],
    ['https://who:what@example.com/', 'redirects with a password'],
    ['http://169.254.169.254/latest', 'not reached by https'],
    ['https://169.254.169.254/latest', 'not on the public internet'],
    ['https://[::ffff:10.0.0.1]/', 'not on the public internet'],
    ['file:///etc/passwd', 'redirects away from https'],
    ['/', 'redirects too often'],
  ])('to %j is not followed', async (location, problem) => {
    const start = await redirecting(307, location);
    await expect(follow(new Outbound([start]), new URL(start), get())).rejects.toThrow(problem);
  });
});

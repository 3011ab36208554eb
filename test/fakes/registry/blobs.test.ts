import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aTinyModel } from './a-model.ts';
import { type FakeRegistry, startFakeRegistry } from './fake-registry.ts';
import { got, head, locationOf } from './test-client.ts';

const BYTES = Buffer.from(Array.from({ length: 1_000 }, (_, at) => at % 251));

let registry: FakeRegistry;
let digest: string;
let url: string;
beforeEach(async () => {
  registry = await startFakeRegistry();
  registry.addModel('tiny', aTinyModel());
  digest = registry.addBlob(BYTES);
  url = `${registry.origin}/v2/library/tiny/blobs/${digest}`;
});
afterEach(() => registry.stop());

const linkOf = async () => locationOf(await got(url), url);

it('HEAD tells the size', async () => {
  const { status, headers, body } = await head(url);
  expect([status, headers['content-length'], body.length]).toEqual([200, '1000', 0]);
});

it('GET leads to a signed address at another host, where the bytes are', async () => {
  const answer = await got(url);
  expect(answer.status).toBe(307);
  const link = new URL(locationOf(answer, url));
  expect(link.origin).toBe(registry.cdnOrigin);
  expect(link.host).not.toBe(registry.host);
  const { status, headers, body } = await got(link.href);
  expect([status, headers['content-length'], body]).toEqual([200, '1000', BYTES]);
});

it.each([301, 302, 303, 307, 308] as const)('the redirect can be a %i', async (status) => {
  registry.deliver(digest, { status });
  const answer = await got(url);
  expect(answer.status).toBe(status);
  expect((await got(locationOf(answer, url))).body).toEqual(BYTES);
});

it('the bytes can come from the registry itself', async () => {
  registry.deliver(digest, { by: 'direct' });
  expect(await got(url)).toMatchObject({ status: 200, body: BYTES });
  const part = await got(url, { range: 'bytes=10-19' });
  expect([part.status, part.body]).toEqual([206, BYTES.subarray(10, 20)]);
});

it('the first redirect can be one to the same host, without naming it', async () => {
  registry.deliver(digest, { sameHostFirst: true, status: 302 });
  const first = await got(url);
  expect(first.headers.location).toMatch(/^\/v2\//);
  const second = await got(locationOf(first, url));
  expect(second.status).toBe(302);
  expect((await got(locationOf(second, url))).body).toEqual(BYTES);
});

it('the CDN can be the one that tells the size', async () => {
  registry.deliver(digest, { sizeByCdn: true });
  const answer = await head(url);
  expect(answer.status).toBe(307);
  const { status, headers } = await head(locationOf(answer, url));
  expect([status, headers['content-length']]).toEqual([200, '1000']);
});

describe('a part', () => {
  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=0-999', 0, 1_000],
    ['bytes=100-199', 100, 200],
    ['bytes=990-', 990, 1_000],
    ['bytes=-10', 990, 1_000],
    ['bytes=990-5000', 990, 1_000],
  ])('%s comes with what it is', async (range, start, end) => {
    const { status, headers, body } = await got(await linkOf(), { range });
    expect(status).toBe(206);
    expect(headers['content-range']).toBe(`bytes ${start}-${end - 1}/1000`);
    expect(headers['content-length']).toBe(String(end - start));
    expect(body).toEqual(BYTES.subarray(start, end));
  });

  it('beyond the end is refused', async () => {
    const { status, headers } = await got(await linkOf(), { range: 'bytes=1000-1001' });
    expect([status, headers['content-range']]).toEqual([416, 'bytes */1000']);
  });

  it.each(['bytes=5-4', 'bytes=a-b', 'bytes=0-1,5-6', 'lines=0-1'])(
    'that is none, %s, is all',
    async (range) => {
      expect((await got(await linkOf(), { range })).status).toBe(200);
    },
  );
});

it('several parts come at once by one address', async () => {
  const link = await linkOf();
  const starts = Array.from({ length: 10 }, (_, at) => at * 100);
  const parts = await Promise.all(starts.map((at) => got(link, { range: `bytes=${at}-${at + 99}` })));
  expect(Buffer.concat(parts.map(({ body }) => body))).toEqual(BYTES);
});

describe('a signed address', () => {
  it('can be good for so many requests', async () => {
    registry.deliver(digest, { linkUses: 2 });
    const link = await linkOf();
    const statuses = [await got(link), await got(link), await got(link)].map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 403]);
    expect((await got(await linkOf())).status).toBe(200);
  });

  it('can be made to expire', async () => {
    const link = await linkOf();
    registry.expireLinks(`sha256:${'0'.repeat(64)}`);
    expect((await got(link)).status).toBe(200);
    registry.expireLinks(digest);
    const { status, body } = await got(link);
    expect([status, String(body)]).toEqual([403, expect.stringContaining('Request has expired')]);
  });

  it.each<[string, (link: string) => string]>([
    ['another signature', (link) => link.replace(/Signature=\w+/, `Signature=${'0'.repeat(64)}`)],
    ['no query', (link) => link.split('?')[0]!],
    ['another blob', (link) => link.replaceAll(digest.slice(7), '0'.repeat(64))],
  ])('is good for nothing with %s', async (_, change) => {
    expect((await got(change(await linkOf()))).status).toBe(403);
  });

  it('is good for the method that it was signed for', async () => {
    expect((await head(await linkOf())).status).toBe(403);
  });
});

it('a credential that reaches the CDN is told of when the test ends', async () => {
  const other = await startFakeRegistry();
  other.addModel('tiny', aTinyModel());
  const { digests } = other.addModel('tiny', aTinyModel());
  const from = `${other.origin}/v2/library/tiny/blobs/${digests[0]}`;
  const link = locationOf(await got(from, { authorization: 'Bearer secret' }), from);
  expect(other.leaks).toEqual([]);
  expect((await got(link, { authorization: 'Bearer secret' })).status).toBe(400);
  other.setFault({ at: 'data' }, { kind: 'status', status: 500 });
  expect((await got(link, { authorization: 'Bearer secret' })).status).toBe(500);
  expect(other.leaks).toHaveLength(2);
  await expect(other.stop()).rejects.toThrow('A credential of the registry reached its CDN');
  other.leaks.length = 0; // the test knows of it
  await other.stop();
});

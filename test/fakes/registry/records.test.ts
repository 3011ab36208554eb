import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aTinyModel } from './a-model.ts';
import { type FakeRegistry, startFakeRegistry } from './fake-registry.ts';
import { got, locationOf, OLLAMA, opened } from './test-client.ts';

const BYTES = Buffer.alloc(1_000, 'a');

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

it('every request is on record, with what it wanted and what it got', async () => {
  await got(`${registry.origin}/v2/library/tiny/manifests/latest`, OLLAMA);
  await got(await linkOf(), { range: 'bytes=100-199', 'user-agent': 'ollama/0.33.0' });
  await got(`${registry.origin}/other`);
  await Promise.all(registry.requests.map(({ closed }) => closed));
  expect(registry.requests).toMatchObject([
    { server: 'registry', asked: 'manifest', method: 'GET', model: 'library/tiny:latest', status: 200 },
    { server: 'registry', asked: 'link', digest, range: { start: 0, end: 1_000 }, status: 307, bytesSent: 0 },
    {
      server: 'cdn',
      asked: 'data',
      digest,
      range: { start: 100, end: 200 },
      headers: { range: 'bytes=100-199', 'user-agent': 'ollama/0.33.0' },
      status: 206,
      bytesSent: 100,
      ending: 'answered',
    },
    { server: 'registry', asked: 'other', url: '/other', status: 404 },
  ]);
  const clients = registry.requests.map(({ client }) => client);
  expect(new Set(clients).size).toBe(4);
});

it('the bytes of a blob are counted as often as they are sent', async () => {
  const link = await linkOf();
  await got(link, { range: 'bytes=0-399' });
  expect(registry.bytesServed(digest)).toBe(400);
  await got(link, { range: 'bytes=300-999' });
  expect(registry.bytesServed(digest)).toBe(1_100);
  expect(registry.bytesServed(`sha256:${'0'.repeat(64)}`)).toBe(0);
});

it('the most requests that were open at one time are counted for each blob', async () => {
  const link = await linkOf();
  const fault = registry.setFault({ at: 'data' }, { kind: 'silence' });
  const three = [0, 1, 2].map(() => got(link));
  await registry.until((requests) => requests.filter(({ asked }) => asked === 'data').length === 3);
  expect(registry.mostParallel(digest)).toBe(3);
  fault.release();
  await Promise.all(three);
  await got(link);
  expect(registry.mostParallel(digest)).toBe(3);
  expect(registry.mostParallel(`sha256:${'0'.repeat(64)}`)).toBe(0);
});

describe('a client that leaves', () => {
  it('in the middle of a body is told of', async () => {
    registry.setFault({ at: 'data' }, { kind: 'stall', afterBytes: 10 });
    const response = await opened(await linkOf());
    response.destroy();
    expect(await registry.requests.at(-1)!.closed).toBe('left');
  });

  it('before the head is, too', async () => {
    registry.setFault({ at: 'data' }, { kind: 'silence' });
    const controller = new AbortController();
    const answer = opened(await linkOf(), { signal: controller.signal });
    await registry.until((requests) => requests.at(-1)?.asked === 'data');
    controller.abort();
    await expect(answer).rejects.toThrow();
    expect(await registry.requests.at(-1)!.closed).toBe('left');
  });
});

it('who waits for what never comes is told when the registry stops', async () => {
  const never = registry.until(() => false);
  const told = expect(never).rejects.toThrow('The fake registry stopped before that came true.');
  await registry.stop();
  await told;
});

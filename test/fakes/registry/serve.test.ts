import { expect, it } from 'vitest';
import { aLargeBlob } from './a-large-blob.ts';
import { aTinyModel } from './a-model.ts';
import { manifestOf } from './manifest-of.ts';
import { spawnRegistry } from './spawn-registry.ts';
import { got, head, locationOf, OLLAMA } from './test-client.ts';

const SIZE = 3_000_000;

it('a registry in a process of its own serves, tells what it did, and ends', async () => {
  const registry = await spawnRegistry({ large: [{ name: 'large', sizeBytes: SIZE }] });
  try {
    const [tiny, large] = registry.models;
    expect([tiny?.name, large?.name]).toEqual(['library/tiny:latest', 'library/large:latest']);
    const manifest = await got(`${registry.origin}/v2/library/tiny/manifests/latest`, OLLAMA);
    expect(String(manifest.body)).toBe(JSON.stringify(manifestOf(aTinyModel())));

    const blob = await aLargeBlob(SIZE);
    expect(large!.digests[0]).toBe(blob.digest);
    const url = `${registry.origin}/v2/library/large/blobs/${blob.digest}`;
    expect((await head(url)).headers['content-length']).toBe(String(SIZE));
    const { body } = await got(locationOf(await got(url), url));
    expect(body.equals(Buffer.concat([...blob.read({ start: 0, end: SIZE })]))).toBe(true);
    const { served, leaks } = await registry.report();
    expect(served[blob.digest]).toEqual({ bytes: SIZE, mostParallel: 1 });
    expect(leaks).toBe(0);
  } finally {
    await registry.stop();
  }
});

it('a leak at its CDN makes it end badly', async () => {
  const registry = await spawnRegistry();
  const url = `${registry.origin}/v2/library/tiny/blobs/${registry.models[0]!.digests[1]}`;
  await got(locationOf(await got(url), url), { authorization: 'Bearer secret' });
  expect((await registry.report()).leaks).toBe(1);
  await expect(registry.stop()).rejects.toThrow('A credential of the registry reached its CDN');
});

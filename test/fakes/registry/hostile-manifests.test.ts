import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayError } from '#shared/errors.ts';
import { MANIFEST_LIMIT_BYTES, readManifest } from '#shared/protocol/registry/manifest.ts';
import { type FakeRegistry, startFakeRegistry } from './fake-registry.ts';
import { HOSTILE_MANIFESTS } from './hostile-manifests.ts';
import { got, OLLAMA, opened } from './test-client.ts';

let registry: FakeRegistry;
beforeAll(async () => {
  registry = await startFakeRegistry();
});
afterAll(() => registry.stop());

const urlOf = (name: string) => `${registry.origin}/v2/${name.replace(':', '/manifests/')}`;

/** The body, or a little more of it than is ever read. */
async function servedBy(url: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of await opened(url, { headers: OLLAMA })) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > MANIFEST_LIMIT_BYTES) break;
  }
  return Buffer.concat(chunks);
}

it('each has a name of its own', () => {
  const names = HOSTILE_MANIFESTS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

describe.each(HOSTILE_MANIFESTS.filter(({ blobs }) => !blobs))('$name', (hostile) => {
  it('is served, and is no manifest to us', async () => {
    const body = await servedBy(urlOf(registry.addHostile('hostile', hostile)));
    expect(() => readManifest(body)).toThrow(GatewayError);
  });
});

describe.each(HOSTILE_MANIFESTS.filter(({ blobs }) => blobs))('$name', (hostile) => {
  it('is served with a config that tells of it', async () => {
    const name = registry.addHostile('hostile', hostile);
    const { config } = readManifest(await servedBy(urlOf(name)));
    const answer = await got(`${registry.origin}/v2/library/hostile/blobs/${config!.digest}`);
    const { body } = await got(answer.headers.location!);
    expect(hostile.blobs).toContainEqual(Buffer.from(body));
  });
});

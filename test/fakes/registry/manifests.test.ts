import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readManifest } from '#shared/protocol/registry/manifest.ts';
import { aTinyModel } from './a-model.ts';
import { digestOf } from './content.ts';
import { type FakeRegistry, startFakeRegistry } from './fake-registry.ts';
import type { AddedModel } from './shelf.ts';
import { got, head, OLLAMA } from './test-client.ts';

let registry: FakeRegistry;
let model: AddedModel;
const manifestUrl = (path = 'library/tiny/manifests/latest') => `${registry.origin}/v2/${path}`;
beforeAll(async () => {
  registry = await startFakeRegistry();
  model = registry.addModel('tiny', aTinyModel());
});
afterAll(() => registry.stop());

it('the manifest comes in exactly its bytes, which name every blob', async () => {
  const { status, headers, body } = await got(manifestUrl(), OLLAMA);
  expect(status).toBe(200);
  expect(headers).toMatchObject({ 'content-type': OLLAMA.accept, 'content-length': String(body.length) });
  expect(body).toEqual(model.manifest);
  expect(digestOf(body)).toBe(model.digest);
  const { layers, config } = readManifest(body);
  expect([...layers, config!].map(({ digest }) => digest)).toEqual(model.digests);
  expect(registry.nameOf(model)).toBe(`http://${registry.host}/library/tiny:latest`);
});

it('HEAD has its length and no body', async () => {
  const { status, headers, body } = await head(manifestUrl(), OLLAMA);
  expect([status, headers['content-length'], body.length]).toEqual([200, String(model.manifest.length), 0]);
});

it.each(['hf.co/like:Q4_K_M', 'unsloth/Qwen3-8B-GGUF:Q4_K_M', 'Qwen/Qwen2.5-7B-Instruct-GGUF'])(
  'any repository and tag can be had: %s',
  async (name) => {
    const [repository, tag = 'latest'] = name.split(':');
    const { manifest } = registry.addModel(name, aTinyModel({ template: name }));
    expect((await got(manifestUrl(`${repository}/manifests/${tag}`), OLLAMA)).body).toEqual(manifest);
  },
);

it('a registry that calls a manifest plain text can be had', async () => {
  registry.addModel('plain', aTinyModel(), { contentType: 'text/plain; charset=utf-8' });
  const { headers } = await got(manifestUrl('library/plain/manifests/latest'), OLLAMA);
  expect(headers['content-type']).toBe('text/plain; charset=utf-8');
});

describe('an error is told as registries do', () => {
  it.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['anything', { accept: '*/*' }],
    ['JSON', { accept: 'application/json' }],
  ])('to whoever accepts %s', async (_, accept) => {
    const { status, headers, body } = await got(manifestUrl(), {
      'user-agent': OLLAMA['user-agent'],
      ...accept,
    });
    expect(status).toBe(400);
    expect(headers['content-type']).toMatch('application/json');
    expect(String(body)).toBe(
      '{"errors":[{"code":"MANIFEST_INVALID","message":"manifest invalid","detail":{}}]}',
    );
  });

  it.each([
    ['library/tiny/manifests/other', 404, 'MANIFEST_UNKNOWN'],
    ['library/other/manifests/latest', 404, 'MANIFEST_UNKNOWN'],
    ['library/Tiny/manifests/latest', 404, 'MANIFEST_UNKNOWN'],
    [`library/tiny/blobs/sha256:${'0'.repeat(64)}`, 404, 'BLOB_UNKNOWN'],
    ['library/tiny/blobs/sha256:..%2F..%2Fx', 400, 'DIGEST_INVALID'],
    [`library/tiny/blobs/sha256:${'A'.repeat(64)}`, 400, 'DIGEST_INVALID'],
  ])('for %s', async (path, status, code) => {
    const answer = await got(manifestUrl(path), OLLAMA);
    expect(answer.status).toBe(status);
    expect(JSON.parse(String(answer.body))).toMatchObject({ errors: [{ code }] });
  });

  it('for a method that is not for reading', async () => {
    expect((await got(manifestUrl(), OLLAMA, 'PUT')).status).toBe(405);
  });
});

it('says that it speaks version 2, and knows no other path', async () => {
  expect((await got(manifestUrl(''))).headers).toMatchObject({
    'docker-distribution-api-version': 'registry/2.0',
  });
  expect((await got(`${registry.origin}/v1/search`)).status).toBe(404);
});

describe('a model that needs Ollama 0.33.0', () => {
  it.each([
    ['ollama/0.33.0 (amd64 linux) Go/go1.24.1', 200],
    ['ollama/0.33.1', 200],
    ['ollama/0.100.0', 200],
    ['ollama/1.0.0', 200],
    ['ollama/0.32.9 (amd64 linux) Go/go1.24.1', 412],
    ['ollama/0.4.0', 412],
    ['ollama/', 412],
    ['Mozilla/5.0 ollama/0.33.0', 412],
    ['', 412],
  ])('answers %j with %i', async (userAgent, status) => {
    registry.addModel('new', aTinyModel(), { requires: '0.33.0' });
    const headers = { ...OLLAMA, 'user-agent': userAgent };
    const answer = await got(manifestUrl('library/new/manifests/latest'), headers);
    expect(answer.status).toBe(status);
    const refusal = /^\n\nThe model you are attempting to pull requires a newer version of Ollama\.\n/;
    if (status === 412) expect(String(answer.body)).toMatch(refusal);
  });
});

it('an unnamed client gets no model at all', async () => {
  expect((await got(manifestUrl(), { ...OLLAMA, 'user-agent': 'curl/8.0' })).status).toBe(412);
});

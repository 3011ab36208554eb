import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { blobsOf } from '#shared/protocol/registry/manifest.ts';
import { startFakeOllama } from '../fakes/ollama/fake-ollama.ts';
import type { OssFault } from '../fakes/oss/oss-faults.ts';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { aModelPull } from '../helpers/model-pull.ts';
import { aModelStorage, storageEnvironment } from '../helpers/model-storage.ts';
import { blobFile, expectClear, jobIn, manifestIn, published, pulled } from '../helpers/pulls.ts';

const registry = await startFakeRegistry();
const storage = await aModelStorage();
const { oss } = storage;
afterAll(() => Promise.all([registry.stop(), storage.stop()]));
const environment = storageEnvironment(storage);
const pull = await aModelPull({ registry, environment });
/** Another place, whose registry is not to be reached. */
const away = { origin: registry.origin, cdnOrigin: registry.cdnOrigin };
const elsewhere = await aModelPull({
  registry: away,
  environment: { ...environment, PULL_SOURCE: 'mirror' },
});
const ollama = await startFakeOllama({ models: elsewhere.store });
afterAll(() => ollama.stop());

const tiny = registry.addModel('tiny', aTinyModel());
const model = `${registry.host}/${tiny.name}`;
const path = `manifests/${registry.host}/library/tiny/latest`;
await pulled(pull, { model });

/** A model of the mirror that nobody else has, and where its template lies there. */
async function aMirroredModel(words: string) {
  const parts = aTinyModel({ template: `${words} {{ .Prompt }}` });
  const { name, digests } = registry.addModel(words.replaceAll(' ', '-'), parts);
  const mirrored = `${registry.host}/${name}`;
  await pulled(pull, { model: mirrored });
  const { id } = await jobIn(pull.ask('POST', '/mirror', { model: mirrored }));
  await pull.ask('POST', `/pulls/${id}/run`);
  return { name: mirrored, key: `llm/blobs/${digests[1]!.replace(':', '-')}` };
}

const readsOf = (key: string) =>
  oss.requests.filter((request) => request.key === key && request.operation === 'GetObject');

describe('a mirror', () => {
  it('is filled by a job, with all that the store has of a model', async () => {
    const response = await pull.ask('POST', '/mirror', { model });
    expect(response.status).toBe(201);
    const { id } = await jobIn(response);
    const job = await jobIn(pull.ask('POST', `/pulls/${id}/run`));
    expect(job).toMatchObject({ kind: 'mirror', state: { status: 'ready' } });
    if (job.state.status === 'ready') expect(job.state.completedBytes).toBe(job.state.totalBytes);
    expect(oss.objects.get(`llm/${path}`)!.bytes).toEqual(await readFile(join(pull.store, path)));
    for (const { digest } of blobsOf(await manifestIn(pull.store, model))) {
      const mirrored = oss.objects.get(`llm/blobs/${digest.replace(':', '-')}`)!.bytes;
      expect(mirrored.equals(await readFile(blobFile(pull.store, digest)))).toBe(true);
    }
  });

  it('that has it already is not filled again', async () => {
    const written = () => oss.requests.filter(({ method }) => method === 'PUT' || method === 'POST').length;
    const before = written();
    const { id } = await jobIn(pull.ask('POST', '/mirror', { model }));
    expect((await jobIn(pull.ask('POST', `/pulls/${id}/run`))).state.status).toBe('ready');
    expect(written() - before).toBeLessThanOrEqual(1); // the manifest, by which it exists there
  });

  it('gives another store the model while the registry is away, and Ollama serves it there', async () => {
    const asked = registry.requests.length;
    expect((await pulled(elsewhere, { model })).body).toEqual({ status: 'success' });
    expect(registry.requests).toHaveLength(asked);
    expect(await readFile(join(elsewhere.store, path))).toEqual(await readFile(join(pull.store, path)));
    const chat = await fetch(`${ollama.url}/api/chat`, {
      method: 'POST',
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }], stream: false }),
    });
    expect(await chat.json()).toMatchObject({ model, done: true });
  });

  it.each<[string, OssFault]>([
    ['breaks off', { kind: 'cut', afterBytes: 3 }],
    ['ails for a moment', { kind: 'status', status: 503, code: 'ServiceUnavailable' }],
    ['finds our credential too old', { kind: 'status', status: 403, code: 'SecurityTokenExpired' }],
  ])('that %s is asked again, and the pull goes on', async (words, fault) => {
    const { name, key } = await aMirroredModel(words);
    oss.fail(key, fault, { operation: 'GetObject' });
    expect((await pulled(elsewhere, { model: name })).body).toEqual({ status: 'success' });
    expect(readsOf(key)).toHaveLength(2);
  });

  it.each<[string, OssFault]>([
    ['refuses us', { kind: 'status', status: 403, code: 'AccessDenied' }],
    ['leads elsewhere', { kind: 'redirect', to: 'http://127.0.0.1:1/' }],
  ])('that %s is not asked again', async (words, fault) => {
    const { name, key } = await aMirroredModel(words);
    oss.fail(key, fault, { operation: 'GetObject' });
    const { status, body } = await pulled(elsewhere, { model: name });
    expect(status).toBe(502);
    expectClear(body.error, elsewhere);
    expect(readsOf(key)).toHaveLength(1);
  });

  it('whose bytes are others than the manifest says gives nothing', async () => {
    const { name, key } = await aMirroredModel('Another');
    oss.put(key, Buffer.from(oss.objects.get(key)!.bytes.toString().replace('Another', 'Anither')));
    const namesIn = async () => (await published(elsewhere.store)).map((file) => file.split(' ')[0]);
    const before = await namesIn();
    const { status, body } = await pulled(elsewhere, { model: name });
    expect([status, body]).toEqual([502, { error: expect.stringMatching(/digest mismatch/) }]);
    expect(await namesIn()).toEqual(before);
  });

  it('that lacks a model says so', async () => {
    const { status, body } = await pulled(elsewhere, { model: `${registry.host}/library/none` });
    expect(status).toBe(404);
    expectClear(body.error, elsewhere);
  });

  it('is not filled with what is not there', async () => {
    const response = await pull.ask('POST', '/mirror', { model: 'none' });
    expect(response.status).toBe(404);
    expect(existsSync(join(pull.store, 'manifests/registry.ollama.ai'))).toBe(false);
  });
});

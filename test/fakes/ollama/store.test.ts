import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ggufEntry, ggufFile } from '#shared/fixtures/gguf-file.ts';
import { tinyGguf } from '#shared/fixtures/tiny-gguf.ts';
import { type FakeOllama, startFakeOllama } from './fake-ollama.ts';
import { blobPathOf, ModelFolder } from './model-folder.ts';
import { ask, json, post } from './test-client.ts';

const gguf = tinyGguf();
const config = { model_family: 'llama', model_type: '120K', file_type: 'F32' };

let folder: ModelFolder;
let fake: FakeOllama;
beforeEach(async () => {
  folder = new ModelFolder();
  fake = await startFakeOllama({ models: folder.path });
});
afterEach(async () => {
  await fake.stop();
  folder[Symbol.dispose]();
});

type Listed = { name: string; digest: string; size: number; capabilities: string[] };
const listed = async () => (await json(fetch(`${fake.url}/api/tags`))).models as Listed[];
const names = async () => (await listed()).map(({ name }) => name);
const chat = async (model = 'tiny', rest: object = {}) => {
  const response = await post(fake, '/api/chat', ask('hi', { model, stream: false, ...rest }));
  return [response.status, await response.json()] as [number, { error?: string; message?: object }];
};

describe('a folder of models', () => {
  it('is looked at anew with each request', async () => {
    expect(await names()).toEqual([]);
    folder.add('tiny', { gguf, config });
    expect(await names()).toEqual(['tiny:latest']);
    expect((await chat())[0]).toBe(200);
    folder.remove('manifests/registry.ollama.ai/library/tiny/latest');
    expect(await chat()).toEqual([404, { error: "model 'tiny' not found" }]);
  });

  it('tells of a model what its manifest, its config and its header say', async () => {
    const digest = folder.add('tiny', {
      gguf,
      config,
      template: '{{ .Prompt }}{{ .Tools }}',
      params: { num_ctx: 512 },
    });
    expect(await listed()).toMatchObject([
      {
        name: 'tiny:latest',
        digest,
        details: { family: 'llama', parameter_size: '120K', quantization_level: 'F32', context_length: 2048 },
        capabilities: ['completion', 'tools'],
      },
    ]);
    expect((await listed())[0]!.size).toBeGreaterThan(gguf.length);
    await chat();
    expect(fake.loads).toMatchObject([{ model: 'tiny:latest', numCtx: 512, ending: 'loaded' }]);
  });

  it('knows a model that embeds by its header', async () => {
    const header = [ggufEntry.string('general.architecture', 'bert'), ggufEntry.u32('bert.pooling_type', 1)];
    folder.add('embed', { gguf: ggufFile({ entries: header }) });
    expect((await listed())[0]!.capabilities).toEqual(['embedding']);
    expect((await chat('embed'))[1]).toEqual({ error: '"embed" does not support chat' });
  });

  it('lists names in short, finds them in any case, and takes hosts with a port', async () => {
    for (const name of ['hf.co/org/Model-GGUF/Q4_K_M', 'localhost:5000/ns/m/t']) folder.add(name, { gguf });
    expect(await names()).toEqual(['hf.co/org/Model-GGUF:Q4_K_M', 'localhost:5000/ns/m:t']);
    expect((await chat('hf.co/org/model-gguf:q4_k_m'))[0]).toBe(200);
    expect((await chat('localhost:5000/ns/m:t'))[0]).toBe(200);
  });

  it('gives the same answer every time', async () => {
    folder.add('tiny', { gguf });
    expect((await chat())[1].message).toEqual((await chat())[1].message);
  });

  it.each([
    ['a dot file', 'manifests/registry.ollama.ai/library/tiny/.latest.tmp', '{}'],
    ['a namespace with a dot', 'manifests/registry.ollama.ai/a.b/tiny/latest', '{}'],
    ['half a manifest', 'manifests/registry.ollama.ai/library/tiny/half', '{"schemaVersion":2,"lay'],
    ['an empty manifest', 'manifests/registry.ollama.ai/library/tiny/empty', ''],
  ])('passes over %s with a warning', async (_, path, bytes) => {
    folder.add('tiny', { gguf });
    folder.write(path, bytes);
    expect(await names()).toEqual(['tiny:latest']);
    expect([...fake.store!.warnings]).toEqual([expect.stringMatching(/^bad manifest/)]);
  });

  it('passes over what does not lie four levels deep, in silence', async () => {
    folder.write('manifests/registry.ollama.ai/library/three', '{}');
    folder.write('manifests/registry.ollama.ai/library/m/tag/five', '{}');
    expect([await names(), fake.store!.warnings.size]).toEqual([[], 0]);
  });

  it('complains of a manifest that was torn when it was asked for by name', async () => {
    folder.write('manifests/registry.ollama.ai/library/tiny/latest', '{"schemaVersion":2,"lay');
    expect((await chat())[0]).toBe(500);
  });
});

describe('a manifest that came before its blobs', () => {
  it('makes a model that can do nothing, and does so even when the file has come', async () => {
    const digest = folder.writeManifest('tiny', { gguf });
    folder.writeBlob(Buffer.from('{"model_format":"gguf"}'));
    expect(await listed()).toMatchObject([{ digest, capabilities: [] }]);
    folder.writeBlob(gguf);
    expect(await chat()).toEqual([400, { error: '"tiny" does not support chat' }]);
  });

  it('is forgotten at the next start', async () => {
    folder.writeManifest('tiny', { gguf });
    folder.writeBlob(Buffer.from('{"model_format":"gguf"}'));
    expect((await chat())[0]).toBe(400);
    folder.writeBlob(gguf);
    await fake.stop();
    fake = await startFakeOllama({ models: folder.path });
    expect((await chat())[0]).toBe(200);
  });

  it('is forgotten when the name gets another manifest', async () => {
    folder.writeManifest('tiny', { gguf });
    folder.writeBlob(Buffer.from('{"model_format":"gguf"}'));
    await names();
    folder.add('tiny', { gguf, template: '{{ .Prompt }}' });
    expect((await chat())[0]).toBe(200);
  });

  it('is not listed as long as its config or its template is missing, and then it is', async () => {
    const template = '{{ .Prompt }}';
    folder.writeManifest('tiny', { gguf, template });
    folder.writeBlob(gguf);
    folder.writeBlob(Buffer.from(template));
    expect([await names(), (await chat())[0]]).toEqual([[], 404]);
    folder.writeBlob(Buffer.from('{"model_format":"gguf"}'));
    folder.remove(blobPathOf(Buffer.from(template)));
    expect([await names(), (await chat())[0]]).toEqual([[], 404]);
    folder.writeBlob(Buffer.from(template));
    expect([await names(), (await chat())[0]]).toEqual([['tiny:latest'], 200]);
  });
});

describe('a model file', () => {
  const flipped = Buffer.from(gguf);
  flipped[400_000]! ^= 1;

  it.each([
    ['has a wrong bit', flipped],
    ['is cut short', gguf.subarray(0, 400_000)],
    ['is empty', Buffer.alloc(0)],
  ])('that %s does not load', async (_, bytes) => {
    folder.add('tiny', { gguf });
    await names(); // so that it was seen while it was whole
    folder.write(blobPathOf(gguf), bytes);
    const [status, { error }] = await chat();
    expect([status, error]).toEqual([500, expect.stringMatching(/^llama-server process has terminated: /)]);
    expect(fake.loads.map(({ ending }) => ending)).toEqual(['failed']);
  });

  it('that is no GGUF makes a model that can do nothing', async () => {
    folder.add('tiny', { gguf: Buffer.from('<!doctype html>, said the proxy') });
    expect(await chat()).toEqual([400, { error: '"tiny" does not support chat' }]);
  });

  it('is loaded once for two names of it that agree about the window', async () => {
    folder.add('a', { gguf });
    folder.add('b', { gguf, template: '{{ .Prompt }}' });
    for (const model of ['a', 'b']) await chat(model);
    expect(fake.loads).toHaveLength(1);
  });
});

it('says whether its cloud is off', async () => {
  await using other = await startFakeOllama({ models: folder.path, noCloud: true });
  expect(await json(fetch(`${other.url}/api/status`))).toEqual({ cloud: { disabled: true, source: 'env' } });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tinyGguf } from '#shared/fixtures/tiny-gguf.ts';
import { startFakeOllama } from './fake-ollama.ts';
import { blobPathOf, ModelFolder } from './model-folder.ts';
import type { FakeOllamaOptions } from './server-state.ts';

const gguf = tinyGguf();
const orphan = Buffer.from('nobody names me');
const OLD = 61;
const YOUNG = 59;

let folder: ModelFolder;
beforeEach(() => {
  folder = new ModelFolder();
});
afterEach(() => folder[Symbol.dispose]());

const started = (options: FakeOllamaOptions = {}) => startFakeOllama({ models: folder.path, ...options });

describe('the start', () => {
  beforeEach(() => {
    folder.add('tiny', { gguf });
    folder.age(blobPathOf(gguf), OLD);
    folder.writeBlob(orphan);
    folder.age(blobPathOf(orphan), OLD);
  });

  it('removes a blob that no manifest names', async () => {
    await using _ = await started();
    expect([folder.hasBlob(orphan), folder.hasBlob(gguf)]).toEqual([false, true]);
  });

  it('spares one that was written within the hour', async () => {
    folder.age(blobPathOf(orphan), YOUNG);
    await using _ = await started();
    expect(folder.hasBlob(orphan)).toBe(true);
  });

  it('removes nothing with OLLAMA_NOPRUNE', async () => {
    await using _ = await started({ noPrune: true });
    expect(folder.hasBlob(orphan)).toBe(true);
  });

  it('removes yesterday’s partial downloads and whatever else is no digest, but no folder', async () => {
    const partial = `${blobPathOf(orphan)}-partial`;
    for (const path of [partial, 'blobs/notes.txt', 'blobs/folder/notes.txt']) {
      folder.write(path, 'x');
      folder.age(path, OLD);
    }
    await using _ = await started();
    expect([partial, 'blobs/notes.txt', 'blobs/folder/notes.txt'].map((path) => folder.has(path))).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('touches nothing beside blobs and manifests', async () => {
    folder.write('.pull/abc/part', 'x');
    folder.age('.pull/abc/part', OLD);
    await using _ = await started();
    expect(folder.has('.pull/abc/part')).toBe(true);
  });

  it('removes the folders of manifests that are empty', async () => {
    folder.write('manifests/hf.co/org/m/Q4', '{}');
    folder.remove('manifests/hf.co/org/m/Q4');
    await using _ = await started();
    expect([folder.has('manifests/hf.co'), folder.has('manifests/registry.ollama.ai')]).toEqual([
      false,
      true,
    ]);
  });

  it.each([
    ['a bad name', 'manifests/registry.ollama.ai/library/tiny/.latest.tmp', '{"layers":[]}'],
    ['a torn manifest', 'manifests/registry.ollama.ai/library/other/latest', '{"lay'],
  ])('removes nothing when there is %s', async (_, path, bytes) => {
    folder.write(path, bytes);
    await using fake = await started();
    expect(folder.hasBlob(orphan)).toBe(true);
    expect([...fake.store!.warnings]).toEqual([expect.stringContaining('skipping prune')]);
  });

  it('renames the blobs of old versions before it looks which are named', async () => {
    const hex = blobPathOf(gguf).slice('blobs/sha256-'.length);
    folder.remove(blobPathOf(gguf));
    folder.write(`blobs/sha256:${hex}`, gguf);
    folder.age(`blobs/sha256:${hex}`, OLD);
    await using _ = await started();
    expect(folder.hasBlob(gguf)).toBe(true);
  });

  it('leaves the folder alone when its port is taken', async () => {
    await using other = await startFakeOllama();
    await expect(started({ port: other.port })).rejects.toThrow('EADDRINUSE');
    expect(folder.hasBlob(orphan)).toBe(true);
  });
});

describe('a delete', () => {
  const template = '{{ .Prompt }}';
  const remove = async (body: object) => {
    await using fake = await started({ noPrune: true });
    const response = await fetch(`${fake.url}/api/delete`, { method: 'DELETE', body: JSON.stringify(body) });
    return [response.status, await response.text()];
  };

  it.each(['model', 'name'])(
    'by `%s` removes the manifest and at once what nobody else names',
    async (field) => {
      folder.add('tiny', { gguf, template });
      folder.add('other', { gguf });
      expect(await remove({ [field]: 'tiny' })).toEqual([200, '']);
      expect(folder.has('manifests/registry.ollama.ai/library/tiny')).toBe(false);
      expect([folder.hasBlob(Buffer.from(template)), folder.hasBlob(gguf)]).toEqual([false, true]);
    },
  );

  it('of the last name removes the file too, even if it has just been written', async () => {
    folder.add('tiny', { gguf });
    await remove({ model: 'TINY:latest' });
    expect([folder.hasBlob(gguf), folder.has('manifests')]).toEqual([false, false]);
  });

  it('does not count a manifest that cannot be read', async () => {
    folder.add('tiny', { gguf });
    folder.write(
      'manifests/registry.ollama.ai/library/other/latest',
      `{"layers":[{"digest":"${'x'.repeat(9)}`,
    );
    await remove({ model: 'tiny' });
    expect(folder.hasBlob(gguf)).toBe(false);
  });

  it('of a model that is not there is refused, and of no name', async () => {
    expect(await remove({ model: 'none' })).toEqual([404, `{"error":"model 'none' not found"}`]);
    expect(await remove({ model: '.' })).toEqual([400, '{"error":"name \\".\\" is invalid"}']);
  });
});

it('deletes a declared model as well', async () => {
  await using fake = await startFakeOllama();
  const body = JSON.stringify({ model: 'tiny' });
  const statuses = [];
  for (const _ of [1, 2]) {
    statuses.push((await fetch(`${fake.url}/api/delete`, { method: 'DELETE', body })).status);
  }
  expect(statuses).toEqual([200, 404]);
});

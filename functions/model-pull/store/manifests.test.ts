import { mkdir, readdir, rmdir, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aStore, named, writeModel } from './store.fixture.ts';

const name = named('qwen3:8b');

describe('the manifest of a model', () => {
  it('is given back byte for byte, with the digest that Ollama shows', async () => {
    await using place = await aStore();
    const { bytes } = await writeModel(place.store, 'qwen3:8b', { model: 'weights', config: '{}' });

    const stored = await place.store.readManifest(name);

    expect(stored?.bytes).toEqual(bytes);
    expect(stored?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(stored?.manifest.layers).toHaveLength(1);
  });

  it.each(['', '{"schemaVersion":2,"lay', '{"schemaVersion":1}', '[]'])(
    'counts as absent when there is only %j',
    async (half) => {
      await using place = await aStore();
      const file = join(place.root, 'manifests/registry.ollama.ai/library/qwen3/8b');
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, half);

      expect(await place.store.readManifest(name)).toBeUndefined();
      expect(await place.store.assertWhole(name)).toBeUndefined();
    },
  );

  it('takes its empty folders with it when it is removed, and no others', async () => {
    await using place = await aStore();
    const { store, root } = place;
    await writeModel(store, 'qwen3:8b', { model: 'weights' });
    await writeModel(store, 'qwen3:4b', { model: 'fewer weights' });

    expect(await store.removeManifest(name)).toBe(true);
    expect(await store.removeManifest(name)).toBe(false);
    expect(await readdir(join(root, 'manifests/registry.ollama.ai/library/qwen3'))).toEqual(['4b']);

    await store.removeManifest(named('qwen3:4b'));
    expect(await readdir(join(root, 'manifests'))).toEqual([]);
  });

  it('is written although somebody removes empty folders all the time', async () => {
    await using place = await aStore();
    const { store, root } = place;
    const { bytes } = await writeModel(store, 'qwen3:8b', { model: 'weights' });
    const names = Array.from({ length: 30 }, (_, index) => named(`host${index}:5000/space/model:tag`));
    let isDone = false;
    const remover = (async () => {
      while (!isDone) {
        const folders = await readdir(join(root, 'manifests'), {
          recursive: true,
          withFileTypes: true,
        }).catch(() => []);
        const paths = folders
          .filter((each) => each.isDirectory())
          .map((each) => join(each.parentPath, each.name));
        await Promise.all(paths.map((path) => rmdir(path).catch(() => undefined)));
      }
    })();

    await Promise.all(names.map((each) => store.writeManifest(each, bytes)));
    isDone = true;
    await remover;

    for (const each of names) expect((await store.readManifest(each))?.bytes).toEqual(bytes);
  });

  it('says which of its blobs are gone', async () => {
    await using place = await aStore();
    const { store } = place;
    const { digests } = await writeModel(store, 'qwen3:8b', { model: 'weights', template: '{{ .Prompt }}' });
    expect(await store.assertWhole(name)).toEqual([]);

    await unlink(store.blobFile(digests.model!));

    expect(await store.assertWhole(name)).toMatchObject([{ digest: digests.model }]);
  });
});

describe('a name', () => {
  it.each([
    ['Qwen3:8B', 'qwen3:8b'],
    ['qwen3:8b', 'qwen3:8b'],
    ['QWEN3:new', 'qwen3:new'],
    ['Other:8b', 'Other:8b'],
    ['HF.co/Org/Repo:q4_k_m', 'hf.co/org/Repo:Q4_K_M'],
  ])('such as %s is found on the disk as %s', async (asked, found) => {
    await using place = await aStore();
    await writeModel(place.store, 'qwen3:8b', { model: 'weights' });
    await writeModel(place.store, 'hf.co/org/Repo:Q4_K_M', { model: 'weights' });

    expect(await place.store.nameOnDisk(named(asked))).toEqual(named(found));
  });

  it('that is written in two ways is found as it was asked for', async () => {
    await using place = await aStore();
    await writeModel(place.store, 'qwen3:8b', { model: 'weights' });
    await writeModel(place.store, 'Qwen3:8b', { model: 'weights' });

    expect(await place.store.nameOnDisk(named('qwen3:8b'))).toEqual(named('qwen3:8b'));
    expect(await place.store.nameOnDisk(named('Qwen3:8b'))).toEqual(named('Qwen3:8b'));
  });
});

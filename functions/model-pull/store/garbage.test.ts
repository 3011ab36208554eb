import { mkdir, readdir, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf } from './hash-file.ts';
import { aStore, dated, named, writeModel } from './store.fixture.ts';
import type { Store } from './store.ts';

const graceMs = 3_600_000;
const later = () => ({ graceMs, nowMs: Date.now() + graceMs + 60_000 });
const nobody = async () => false;

async function pathsOf(store: Store, age = later()): Promise<string[]> {
  const found = await store.garbage(age);
  return found.status === 'found' ? found.garbage.map(({ path }) => path).toSorted() : [found.reason];
}

async function collect(
  store: Store,
  isWanted: (digest: string) => Promise<boolean> = nobody,
): Promise<string[]> {
  const age = later();
  const found = await store.garbage(age);
  const removed: string[] = [];
  for (const each of found.status === 'found' ? found.garbage : []) {
    if (await store.removeGarbage(each, { ...age, isWanted })) removed.push(each.path);
  }
  return removed.toSorted();
}

const pathOf = (digest: string) => `blobs/sha256-${digest.slice(7)}`;

async function put(root: string, path: string, content = 'x') {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

describe('the garbage of a store', () => {
  it('is what no name names and what writers left, when it is old', async () => {
    await using place = await aStore();
    const { store, root } = place;
    await writeModel(store, 'kept', { model: 'weights', template: 'shared' });
    await writeModel(store, 'lost', { model: 'other weights', template: 'shared' });
    await store.removeManifest(named('lost'));
    const hex = 'a'.repeat(64);
    for (const path of [
      `.pull/${hex}/data`,
      '.pull/tmp/half',
      `blobs/sha256-${hex}-partial-3`,
      'blobs/sha256-12345',
    ]) {
      await put(root, path);
    }
    const garbage = [
      `.pull/${hex}`,
      '.pull/tmp/half',
      `blobs/sha256-${hex}-partial-3`,
      'blobs/sha256-12345',
      pathOf(digestOf(Buffer.from('other weights'))),
    ].toSorted();

    expect(await pathsOf(store)).toEqual(garbage);
    expect(await pathsOf(store, { graceMs, nowMs: Date.now() })).toEqual([]);
    expect(await collect(store)).toEqual(garbage);
    expect(await pathsOf(store)).toEqual([]);
    expect(await store.assertWhole(named('kept'))).toEqual([]);
  });

  it('leaves what is not ours in the folder of blobs', async () => {
    await using place = await aStore();
    await put(place.root, 'blobs/README.txt');
    await put(place.root, `blobs/splits/${'b'.repeat(64)}/model-00001-of-00002.gguf`);

    expect(await pathsOf(place.store)).toEqual([]);
  });

  it.each([
    ['half written', 'registry.ollama.ai/library/new/latest', '{"schemaVersion":2,"layers":[{"dig'],
    ['empty', 'registry.ollama.ai/library/new/latest', ''],
    ['a list of others', 'registry.ollama.ai/library/new/latest', '{"schemaVersion":2,"manifests":[]}'],
    ['one with a broken digest', 'h/n/m/t', '{"schemaVersion":2,"layers":[{"digest":"sha256:12"}]}'],
    ['a stray file', '.DS_Store', 'x'],
  ])('is nothing at all while one manifest is %s', async (_, path, content) => {
    await using place = await aStore();
    const { store, root } = place;
    await store.writeBlob(Buffer.from('nobody names this'));
    await put(root, `manifests/${path}`, content);

    expect(await store.garbage(later())).toEqual({
      status: 'blocked',
      reason: `The manifest ${path} cannot be read.`,
    });
  });

  it('does not contain what a manifest names that we would not serve', async () => {
    await using place = await aStore();
    const { store, root } = place;
    const { digest } = await store.writeBlob(Buffer.from('a tensor'));
    const layers = [
      {
        mediaType: 'application/vnd.ollama.image.tensor',
        digest: digest.toUpperCase().replace('SHA256:', 'sha256-'),
      },
    ];
    await put(root, 'manifests/h/n/m/t', JSON.stringify({ schemaVersion: 2, layers }));

    expect(await pathsOf(store)).toEqual([]);
  });

  it('contains the marks of blobs that somebody else removed', async () => {
    await using place = await aStore();
    const { store } = place;
    const { digest } = await store.writeBlob(Buffer.from('gone'));
    await unlink(store.blobFile(digest));

    expect(await collect(store)).toEqual([`.pull/verified/${digest.slice(7)}`]);
  });
});

describe('a piece of garbage', () => {
  async function garbageBlob(store: Store) {
    const { digest } = await store.writeBlob(Buffer.from('nobody names this'));
    const found = await store.garbage(later());
    if (found.status !== 'found') throw new Error(found.reason);
    return { digest, garbage: found.garbage.find(({ kind }) => kind === 'blob')! };
  }

  it('takes its mark with it', async () => {
    await using place = await aStore();
    const { store, root } = place;
    const { garbage } = await garbageBlob(store);

    expect(await store.removeGarbage(garbage, { ...later(), isWanted: nobody })).toBe(true);
    expect(await readdir(join(root, '.pull/verified'))).toEqual([]);
    expect(await store.removeGarbage(garbage, { ...later(), isWanted: nobody })).toBe(false);
  });

  it('stays when a job wants it', async () => {
    await using place = await aStore();
    const { store } = place;
    const { digest, garbage } = await garbageBlob(store);

    expect(
      await store.removeGarbage(garbage, { ...later(), isWanted: async (each) => each === digest }),
    ).toBe(false);
    expect((await stat(store.blobFile(digest))).size).toBeGreaterThan(0);
  });

  it.each<[string, (store: Store, digest: string) => Promise<unknown>]>([
    ['was touched', (store, digest) => store.touchBlob(digest)],
    ['got a name', (store) => writeModel(store, 'new', { model: 'nobody names this' })],
    [
      'is named by we know not what',
      (store) => writeFile(join(dirname(store.blobFile('x')), '../manifests/half'), '{'),
    ],
  ])('stays when it %s meanwhile, also during the last question', async (_, meanwhile) => {
    await using place = await aStore();
    const { store } = place;
    const { digest, garbage } = await garbageBlob(store);
    const isWanted = async () => {
      await meanwhile(store, digest);
      return false;
    };

    expect(await store.removeGarbage(garbage, { ...later(), isWanted })).toBe(false);
    expect(await store.removeGarbage(garbage, { ...later(), isWanted: nobody })).toBe(false);
    expect((await stat(store.blobFile(digest))).isFile()).toBe(true);
  });

  it('is never anything outside of its folder', async () => {
    await using place = await aStore();
    const { store, root } = place;
    await put(root, 'manifests/keep', '{"schemaVersion":2}');
    await dated(join(root, 'manifests/keep'), new Date('2020-01-01'));
    const { ctimeMs } = await stat(join(root, 'manifests/keep'));
    const forged = {
      kind: 'temporary',
      path: '.pull/tmp/../../manifests/keep',
      digest: undefined,
      bytes: 1,
      changedMs: ctimeMs,
    } as const;

    expect(await store.removeGarbage(forged, { ...later(), isWanted: nobody })).toBe(false);
  });
});

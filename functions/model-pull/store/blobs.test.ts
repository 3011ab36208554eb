import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf } from './hash-file.ts';
import { aStore, dated, filesIn } from './store.fixture.ts';
import type { Store } from './store.ts';

const bytes = Buffer.from('as good as a model');
const digest = digestOf(bytes);
const size = bytes.length;

async function staged(store: Store, content = bytes) {
  const folder = store.stagingDirectory(digest);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'data'), content, { mode: 0o600 });
  await writeFile(join(folder, 'parts.json'), '[]');
  return { digest, size: content.length, file: join(folder, 'data') };
}

describe('a staged blob that is published', () => {
  it('is there for everybody to read, young, and its staging folder is gone', async () => {
    await using place = await aStore();
    const { store, root } = place;
    const blob = await staged(store);
    await dated(blob.file, new Date('2020-01-01'));

    await store.publishBlob(blob);

    expect(await store.hasBlob(digest, size)).toBe(true);
    expect(await filesIn(root)).toEqual([`blobs/sha256-${digest.slice(7)}`]);
    const { mode, mtime } = await stat(store.blobFile(digest));
    expect(mode & 0o777).toBe(0o644);
    expect(Date.now() - mtime.getTime()).toBeLessThan(60_000);
  });

  it('leaves a good one where it is, and makes it young', async () => {
    await using place = await aStore();
    const { store } = place;
    await store.writeBlob(bytes);
    await dated(store.blobFile(digest), new Date('2020-01-01'));
    const before = await stat(store.blobFile(digest));

    await store.publishBlob(await staged(store));

    const after = await stat(store.blobFile(digest));
    expect(after.ino).toBe(before.ino);
    expect(after.mtime.getFullYear()).toBeGreaterThan(2020);
  });

  it('takes the place of a wrong one', async () => {
    await using place = await aStore();
    const { store } = place;
    await writeFile(store.blobFile(digest), 'x'.repeat(size));

    await store.publishBlob(await staged(store));

    expect(await readFile(store.blobFile(digest))).toEqual(bytes);
  });

  it('is not published when it has another size than it should', async () => {
    await using place = await aStore();
    const { store } = place;
    const blob = await staged(store);

    await expect(store.publishBlob({ ...blob, size: size + 1 })).rejects.toThrow(`${size} bytes`);
    expect(await store.hasBlob(digest, size)).toBe(false);
  });

  it('comes to its place although the folder is taken away', async () => {
    await using place = await aStore();
    const { store, root } = place;
    await rm(join(root, 'blobs'), { recursive: true });

    await store.publishBlob(await staged(store));

    expect(await store.hasBlob(digest, size)).toBe(true);
  });
});

describe('a blob that somebody else has put there', () => {
  it('is read once, and then believed until it changes', async () => {
    await using place = await aStore();
    const { store } = place;
    const mtime = new Date('2026-01-01');
    await writeFile(store.blobFile(digest), bytes);
    await dated(store.blobFile(digest), mtime);
    expect(await store.hasBlob(digest, size)).toBe(true);

    await writeFile(store.blobFile(digest), 'y'.repeat(size));
    await dated(store.blobFile(digest), mtime);
    expect(await store.hasBlob(digest, size)).toBe(true); // not read again

    await dated(store.blobFile(digest), new Date(mtime.getTime() + 5_000));
    expect(await store.hasBlob(digest, size)).toBe(false);
  });

  it.each([
    ['is missing', undefined],
    ['has another size', 'short'],
    ['has other bytes', 'z'.repeat(size)],
  ])('counts as absent when it %s', async (_, content) => {
    await using place = await aStore();
    const { store } = place;
    if (content !== undefined) await writeFile(store.blobFile(digest), content);

    expect(await store.hasBlob(digest, size)).toBe(false);
    expect(await store.readBlob(digest, 1_000)).toBeUndefined();
  });

  it('stays believed when it is made young', async () => {
    await using place = await aStore();
    const { store } = place;
    await store.writeBlob(bytes);
    await dated(store.blobFile(digest), new Date('2020-01-01'));
    await store.hasBlob(digest, size); // its mark is of 2020 now

    expect(await store.touchBlob(digest)).toBe(true);

    const { mtime } = await stat(store.blobFile(digest));
    await writeFile(store.blobFile(digest), 'y'.repeat(size));
    await dated(store.blobFile(digest), mtime);
    expect(await store.hasBlob(digest, size)).toBe(true); // so the mark has the new time
  });

  it('cannot be made young when it is gone', async () => {
    await using place = await aStore();
    expect(await place.store.touchBlob(digest)).toBe(false);
  });
});

it('refuses to take a large blob into memory', async () => {
  await using place = await aStore();
  await place.store.writeBlob(bytes);

  await expect(place.store.readBlob(digest, 5)).rejects.toMatchObject({ failure: 'upstream_error' });
});

it('knows how much room is left', async () => {
  await using place = await aStore();
  expect(await place.store.freeBytes()).toBeGreaterThan(0);
});

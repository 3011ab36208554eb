import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fillMirror, type MirrorFill } from '../../functions/model-pull/sources/oss/fill-mirror.ts';
import { mirrorSource } from '../../functions/model-pull/sources/oss/mirror-source.ts';
import { parseModelName } from '../../shared/protocol/registry/model-name.ts';
import type { Operation } from '../fakes/oss/oss-operations.ts';
import { type ABlob, aModelStorage, type ModelStorage, manifestOf, PART } from '../helpers/model-storage.ts';

const NAME = parseModelName('qwen3:0.6b');
const MANIFEST_KEY = 'llm/manifests/registry.ollama.ai/library/qwen3/0.6b';
const never = new AbortController().signal;

let storage: ModelStorage;
let large: ABlob;
let small: ABlob;
beforeEach(async () => {
  storage = await aModelStorage({ mostListed: 4 });
  large = await storage.aBlob(10 * PART + 7);
  small = await storage.aBlob(50);
});
afterEach(() => storage.stop());

const fill = (given: Partial<MirrorFill> = {}) => {
  const blobs = [large, small];
  return fillMirror({
    name: NAME,
    manifest: manifestOf(blobs),
    blobs,
    place: storage.place,
    checkpoints: join(storage.directory, '.pull'),
    signal: never,
    onProgress: () => {},
    partBytes: PART,
    pauseMs: 1,
    ...given,
  });
};
const of = (operation: Operation) =>
  storage.oss.requests.filter((request) => request.operation === operation);
const sentParts = (status = 200) => of('UploadPart').filter((request) => request.status === status);

/** What the mirror gives for this model now. */
async function mirrored() {
  const source = mirrorSource(NAME, storage.place);
  const bytes = async ({ digest, size }: ABlob) => {
    const stream = await source.blob({ digest, size, mediaType: 'm' }).read({ start: 0, end: size }, never);
    return Buffer.concat(await stream.toArray());
  };
  return { manifest: await source.manifest(never), blobs: [await bytes(large), await bytes(small)] };
}

async function expectWhole() {
  const { manifest, blobs } = await mirrored();
  expect(manifest).toEqual(manifestOf([large, small]));
  expect(blobs[0]!.equals(large.bytes) && blobs[1]!.equals(small.bytes)).toBe(true);
  expect(storage.oss.uploads.ids).toEqual([]);
  expect(await readdir(join(storage.directory, '.pull')).catch(() => [])).toEqual([]);
}

describe('a mirror is filled', () => {
  it('with each blob and then the manifest, which it gives back as it was', async () => {
    await fill();
    await expectWhole();
    expect(sentParts()).toHaveLength(11);
    const written = storage.oss.requests.filter(({ operation }) =>
      ['PutObject', 'CompleteMultipartUpload'].includes(operation ?? ''),
    );
    expect(written.map(({ key }) => key)).toEqual([large.key, small.key, MANIFEST_KEY]);
  });

  it('with an empty blob too', async () => {
    const empty = await storage.aBlob(0);
    const blobs = [large, empty];
    await fill({ manifest: manifestOf(blobs), blobs });
    expect(storage.oss.objects.get(empty.key)?.bytes).toHaveLength(0);
  });

  it('without sending again what is there', async () => {
    await fill();
    const progress = new Map<string, number>();
    const before = storage.oss.requests.length;
    await fill({ onProgress: (digest, bytes) => progress.set(digest, bytes) });
    expect(storage.oss.requests.slice(before).map(({ operation }) => operation)).toEqual([
      'HeadObject',
      'HeadObject',
      'PutObject',
    ]);
    expect(progress).toEqual(
      new Map([
        [large.digest, large.size],
        [small.digest, small.size],
      ]),
    );
  });

  it('over what somebody else has put there, though it has the same size', async () => {
    storage.oss.put(small.key, Buffer.alloc(small.size));
    await fill();
    await expectWhole();
  });

  it('with progress that ends at the size of each blob', async () => {
    const seen: number[] = [];
    await fill({ onProgress: (digest, bytes) => digest === large.digest && seen.push(bytes) });
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.length).toBeGreaterThan(10);
    expect(seen.at(-1)).toBe(large.size);
  });

  it('by two at once, from one folder or from two', async () => {
    const other = join(storage.directory, 'other');
    await Promise.all([fill(), fill(), fill({ checkpoints: other })]);
    await expectWhole();
    expect(await readdir(other).catch(() => [])).toEqual([]);
  });
});

describe('a mirror that ails', () => {
  it('is asked again', async () => {
    const ailing = { kind: 'status', status: 503, code: 'ServiceUnavailable' } as const;
    for (const operation of ['HeadObject', 'InitiateMultipartUpload', 'ListParts'] as const)
      storage.oss.fail(large.key, ailing, { operation });
    storage.oss.fail(large.key, ailing, { operation: 'UploadPart', part: 3, times: 2 });
    storage.oss.fail(large.key, { kind: 'lost-answer' }, { operation: 'UploadPart', part: 4 });
    storage.oss.fail(large.key, { kind: 'wrong-bytes' }, { operation: 'UploadPart', part: 5 });
    storage.oss.fail(small.key, { kind: 'wrong-bytes' }, { operation: 'PutObject' });
    storage.oss.fail(MANIFEST_KEY, { kind: 'lost-answer' }, { operation: 'PutObject' });
    await fill();
    await expectWhole();
    expect(sentParts(400)).toHaveLength(1); // the one whose bytes came as others
  });

  it('may join the parts and not say so', async () => {
    storage.oss.fail(large.key, { kind: 'lost-answer' }, { operation: 'CompleteMultipartUpload' });
    await fill();
    await expectWhole();
    expect(sentParts()).toHaveLength(11);
  });

  it('may forget an upload, which then begins anew', async () => {
    storage.oss.fail(
      large.key,
      { kind: 'status', status: 404, code: 'NoSuchUpload' },
      { operation: 'UploadPart', part: 7 },
    );
    await fill();
    expect((await mirrored()).blobs[0]!.equals(large.bytes)).toBe(true);
    expect(of('InitiateMultipartUpload')).toHaveLength(2);
  });

  it('is given up in the end, with the manifest not written', async () => {
    const ailing = { kind: 'status', status: 503, code: 'ServiceUnavailable' } as const;
    storage.oss.fail(large.key, ailing, { operation: 'UploadPart', times: 1000 });
    await expect(fill()).rejects.toMatchObject({ failure: 'gateway_not_ready' });
    expect(storage.oss.objects.has(MANIFEST_KEY)).toBe(false);
  });

  it('that refuses is not asked again', async () => {
    storage.oss.fail(
      large.key,
      { kind: 'status', status: 403, code: 'AccessDenied' },
      { operation: 'InitiateMultipartUpload', times: 9 },
    );
    await expect(fill()).rejects.toMatchObject({ failure: 'upstream_error' });
    expect(of('InitiateMultipartUpload')).toHaveLength(1);
  });
});

describe('a mirror is not filled', () => {
  it.each([
    ['of another size', (bytes: Buffer) => bytes.subarray(1)],
    ['with other bytes', (bytes: Buffer) => Buffer.from(bytes.map((byte) => byte ^ 1))],
  ])('from a file %s', async (_, change) => {
    for (const blob of [large, small]) {
      await writeFile(blob.file, change(blob.bytes));
      await expect(fill()).rejects.toMatchObject({
        failure: 'internal_error',
        message: expect.stringContaining('other bytes'),
      });
      await writeFile(blob.file, blob.bytes);
      expect(storage.oss.objects.has(blob.key)).toBe(false);
    }
    expect(storage.oss.objects.has(MANIFEST_KEY)).toBe(false);
  });

  it('from a file that is gone', async () => {
    await rm(small.file);
    await expect(fill()).rejects.toMatchObject({ code: 'ENOENT' });
    expect(storage.oss.objects.has(MANIFEST_KEY)).toBe(false);
  });

  it('with a manifest that names what is not given, or is none', async () => {
    await expect(fill({ blobs: [large] })).rejects.toMatchObject({ failure: 'internal_error' });
    const longer = { ...small, size: small.size + 1 };
    await expect(fill({ blobs: [large, longer] })).rejects.toMatchObject({ failure: 'internal_error' });
    await expect(fill({ manifest: Buffer.from('{}') })).rejects.toMatchObject({ failure: 'upstream_error' });
    expect(storage.oss.requests).toEqual([]);
  });
});

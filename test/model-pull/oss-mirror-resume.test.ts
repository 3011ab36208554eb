import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Place } from '../../functions/model-pull/sources/oss/connection.ts';
import { fillMirror } from '../../functions/model-pull/sources/oss/fill-mirror.ts';
import { parseModelName } from '../../shared/protocol/registry/model-name.ts';
import { type ABlob, aModelStorage, type ModelStorage, manifestOf, PART } from '../helpers/model-storage.ts';

const PARTS = 11;
const never = new AbortController().signal;

let storage: ModelStorage;
let blob: ABlob;
let directory: string;
beforeEach(async () => {
  storage = await aModelStorage({ mostListed: 3 });
  blob = await storage.aBlob((PARTS - 1) * PART + 1);
  directory = join(storage.directory, '.pull', `mirror-${blob.digest.slice('sha256:'.length)}`);
});
afterEach(() => storage.stop());

const fill = (signal = never, place: Place = storage.place, partBytes = PART) =>
  fillMirror({
    name: parseModelName('m'),
    manifest: manifestOf([blob]),
    blobs: [blob],
    place,
    checkpoints: join(storage.directory, '.pull'),
    signal,
    onProgress: () => {},
    partBytes,
    pauseMs: 1,
  });

const sent = (from = 0) =>
  storage.oss.requests
    .slice(from)
    .filter(({ operation, status }) => operation === 'UploadPart' && status === 200)
    .map(({ part }) => part!)
    .toSorted((a, b) => a - b);

const ALL = Array.from({ length: PARTS }, (_, at) => at + 1);

/** Lets a filling come so far that only those parts are missing for which the store no longer answers, and ends it. */
async function crashAt(silent: readonly number[], missing: readonly number[] = ALL): Promise<number[]> {
  const dying = new AbortController();
  const from = storage.oss.requests.length;
  for (const part of silent)
    storage.oss.fail(blob.key, { kind: 'silence' }, { operation: 'UploadPart', part });
  const filling = fill(dying.signal);
  const begun = () => storage.oss.requests.slice(from).filter(({ part }) => part !== undefined);
  const counts = () => [begun().length, sent(from).length];
  const wanted = [missing.length, missing.length - silent.length];
  await Promise.race([filling, expect.poll(counts, { timeout: 25_000 }).toEqual(wanted)]);
  dying.abort(new Error('killed'));
  await expect(filling).rejects.toThrow('killed');
  return sent(from);
}

const expectWhole = () => {
  expect(storage.oss.objects.get(blob.key)?.bytes.equals(blob.bytes)).toBe(true);
  expect(storage.oss.objects.get('llm/manifests/registry.ollama.ai/library/m/latest')?.bytes).toEqual(
    manifestOf([blob]),
  );
  expect(storage.oss.uploads.ids).toEqual([]);
};

describe('a filling that was killed', () => {
  it('ends its connections and leaves nothing that looks whole', async () => {
    await crashAt([9, 10, 11]);
    expect(storage.oss.objects.size).toBe(0);
    expect(storage.oss.uploads.ids).toHaveLength(1);
    for (const { part, over } of storage.oss.requests) if (part && part >= 9) expect(await over).toBe('left');
  });

  it('goes on from its folder alone, without a part that is there', async () => {
    expect(await crashAt([2, 7, 11])).toEqual([1, 3, 4, 5, 6, 8, 9, 10]);
    const from = storage.oss.requests.length;
    await fill();
    expect(sent(from)).toEqual([2, 7, 11]);
    const begun = storage.oss.requests.filter(({ operation }) => operation === 'InitiateMultipartUpload');
    expect(begun).toHaveLength(1);
    expectWhole();
    expect(await readdir(join(storage.directory, '.pull'))).toEqual([]);
  });

  it('goes on though parts are to have another size now', async () => {
    await crashAt([5]);
    const from = storage.oss.requests.length;
    await fill(never, storage.place, 2 * PART);
    expect(sent(from)).toEqual([5]);
    expectWhole();
  });

  it('does not take a part for its own that has other bytes', async () => {
    await crashAt([5]);
    const [id] = storage.oss.uploads.ids;
    storage.oss.uploads.put(blob.key, id!, 3, Buffer.alloc(PART));
    storage.oss.uploads.put(blob.key, id!, 4, blob.bytes.subarray(0, PART - 1));
    const from = storage.oss.requests.length;
    await fill();
    expect(sent(from)).toEqual([3, 4, 5]);
    expectWhole();
  });

  it('does not join a part that is written over at the last moment', async () => {
    await crashAt([5]);
    const [id] = storage.oss.uploads.ids;
    const happens = () => storage.oss.uploads.put(blob.key, id!, 3, Buffer.alloc(PART));
    storage.oss.fail(blob.key, { kind: 'meanwhile', happens }, { operation: 'CompleteMultipartUpload' });
    const from = storage.oss.requests.length;
    await fill();
    expect(sent(from)).toEqual([3, 5]);
    expectWhole();
  });

  it('begins anew where its upload was ended by others', async () => {
    await crashAt([5]);
    storage.oss.uploads.abort(blob.key, storage.oss.uploads.ids[0]!);
    const from = storage.oss.requests.length;
    await fill();
    expect(sent(from)).toHaveLength(PARTS);
    expectWhole();
  });

  it('gives its upload up where the blob came there by another hand', async () => {
    await crashAt([5]);
    storage.oss.put(blob.key, blob.bytes);
    Object.assign(storage.oss.objects.get(blob.key)!.meta, {
      'x-oss-meta-sha256': blob.digest.slice('sha256:'.length),
    });
    const from = storage.oss.requests.length;
    await fill();
    expect(sent(from)).toEqual([]);
    expectWhole();
    expect(await readdir(join(storage.directory, '.pull'))).toEqual([]);
  });

  it('gives its upload up where what it remembers is of no use', async () => {
    await crashAt([5]);
    const file = join(directory, 'upload.json');
    const kept = JSON.parse(await readFile(file, 'utf8')) as { md5s: string[] };
    await writeFile(file, JSON.stringify({ ...kept, md5s: kept.md5s.slice(1) }));
    await fill();
    expectWhole();
  });
});

it.each(['', '{"key":', '{}', 'null'])('a folder that remembers %j is begun anew', async (text) => {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'upload.json'), text);
  await fill();
  expectWhole();
});

it('what it keeps on the disk has nothing of the credential', async () => {
  await crashAt([5]);
  const kept = await readFile(join(directory, 'upload.json'), 'utf8');
  for (const word of ['top-secret', 'sts-token', 'STS.id']) expect(kept).not.toContain(word);
  expect(await readdir(directory)).toEqual(['upload.json']);
});

it('however often it is killed, no part that is there is sent again, and it ends whole', async () => {
  const anyCrash = fc.uniqueArray(fc.constantFrom(...ALL), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(fc.array(anyCrash, { maxLength: 3 }), async (crashes) => {
      blob = await storage.aBlob((PARTS - 1) * PART + 1);
      const from = storage.oss.requests.length;
      let missing: readonly number[] = ALL;
      for (const crash of crashes) {
        const silent = missing.filter((part) => crash.includes(part));
        if (silent.length === 0) break;
        await crashAt(silent, missing);
        missing = silent;
      }
      await fill();
      expect(sent(from)).toEqual(ALL);
      expectWhole();
    }),
    { numRuns: 12 },
  );
});

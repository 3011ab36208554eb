import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fillMirror } from '../../functions/model-pull/sources/oss/fill-mirror.ts';
import { parseModelName } from '../../shared/protocol/registry/model-name.ts';
import type { OssFault } from '../fakes/oss/oss-faults.ts';
import { type ABlob, aModelStorage, type ModelStorage, manifestOf, PART } from '../helpers/model-storage.ts';

const PARTS = 6;

let storage: ModelStorage;
beforeAll(async () => {
  storage = await aModelStorage();
});
afterAll(() => storage.stop());

const anyFault = fc.constantFrom<OssFault>(
  { kind: 'status', status: 503, code: 'ServiceUnavailable' },
  { kind: 'status', status: 404, code: 'NoSuchUpload' },
  { kind: 'lost-answer' },
  { kind: 'wrong-bytes' },
);
const anyPart = fc.integer({ min: 1, max: PARTS });
/** Several at once, from folders that they may share, some of which die as the store is sent a part. */
const anyRace = fc.record({
  fillers: fc.array(fc.record({ folder: fc.constantFrom('one', 'two'), diesAt: fc.option(anyPart) }), {
    minLength: 2,
    maxLength: 3,
  }),
  faults: fc.array(fc.record({ fault: anyFault, part: anyPart }), { maxLength: 2 }),
  joining: fc.option(
    fc.constantFrom<OssFault>({ kind: 'lost-answer' }, { kind: 'status', status: 503, code: 'X' }),
  ),
});

const fill = (blob: ABlob, name: string, folder: string, signal = new AbortController().signal) =>
  fillMirror({
    name: parseModelName(name),
    manifest: manifestOf([blob]),
    blobs: [blob],
    place: storage.place,
    checkpoints: join(storage.directory, folder),
    signal,
    onProgress: () => {},
    partBytes: PART,
    pauseMs: 1,
  });

let models = 0;

it('whoever fills it at once and dies meanwhile, no manifest names what is not there, and the next leaves it whole', async () => {
  await fc.assert(
    fc.asyncProperty(anyRace, async ({ fillers, faults, joining }) => {
      const blob = await storage.aBlob((PARTS - 1) * PART + 5);
      models += 1;
      const name = `m${models}`;
      const manifestKey = `llm/manifests/registry.ollama.ai/library/${name}/latest`;
      const isWhole = () => storage.oss.objects.get(blob.key)?.bytes.equals(blob.bytes) ?? false;
      const atManifest: boolean[] = [];
      const happens = () => atManifest.push(isWhole());
      storage.oss.fail(manifestKey, { kind: 'meanwhile', happens }, { times: 100 });

      const racing = fillers.map(({ folder, diesAt }) => {
        const dying = new AbortController();
        const death: OssFault = { kind: 'meanwhile', happens: () => dying.abort(new Error('killed')) };
        if (diesAt !== null) storage.oss.fail(blob.key, death, { operation: 'UploadPart', part: diesAt });
        return fill(blob, name, folder, dying.signal);
      });
      for (const { fault, part } of faults)
        storage.oss.fail(blob.key, fault, { operation: 'UploadPart', part });
      if (joining) storage.oss.fail(blob.key, joining, { operation: 'CompleteMultipartUpload' });
      const ended = await Promise.allSettled(racing);

      const survivors = ended.filter((_, at) => fillers[at]!.diesAt === null);
      expect(survivors.filter(({ status }) => status === 'rejected')).toEqual([]);
      for (const folder of ['one', 'two']) await fill(blob, name, folder);
      expect(isWhole()).toBe(true);
      expect(storage.oss.objects.get(manifestKey)?.bytes).toEqual(manifestOf([blob]));
      expect(atManifest).not.toContain(false);
      expect(await leftIn('one')).toEqual([]);
      expect(await leftIn('two')).toEqual([]);
    }),
    { numRuns: 25 },
  );
});

const leftIn = (folder: string) => readdir(join(storage.directory, folder)).catch(() => []);

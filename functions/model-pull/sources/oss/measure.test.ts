import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { measure, partBytesFor } from './measure.ts';

const never = new AbortController().signal;
const hashOf = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes).digest('hex');

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sublet-measure-'));
});
afterAll(() => rm(directory, { recursive: true }));

it('a file is measured as a whole and in its parts, whatever their size', async () => {
  const file = join(directory, 'any');
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 1, max: 100 }),
      async (bytes, part) => {
        await writeFile(file, bytes);
        const { digest, size, md5s } = await measure(file, part, never);
        expect(digest).toBe(`sha256:${hashOf('sha256', bytes)}`);
        expect(size).toBe(bytes.length);
        const starts = Array.from({ length: Math.max(1, Math.ceil(size / part)) }, (_, at) => at * part);
        expect(md5s).toEqual(starts.map((start) => hashOf('md5', bytes.subarray(start, start + part))));
      },
    ),
    { numRuns: 50 },
  );
});

it('it ends when it is aborted', async () => {
  const file = join(directory, 'long');
  await writeFile(file, Buffer.alloc(1000));
  await expect(measure(file, 10, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
});

it('parts are as large as wanted, and never more than OSS takes', () => {
  const MIB = 1024 * 1024;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 48 * 1024 ** 4 }), fc.integer({ min: 1, max: 64 }), (size, mib) => {
      const bytes = partBytesFor(size, mib * MIB);
      expect(bytes).toBeGreaterThanOrEqual(mib * MIB);
      expect(Math.ceil(size / bytes)).toBeLessThanOrEqual(10_000);
      if (size <= mib * MIB * 10_000) expect(bytes).toBe(mib * MIB);
    }),
  );
});

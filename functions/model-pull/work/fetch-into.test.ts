import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { GatewayError } from '#shared/errors.ts';
import type { BlobSource } from '../sources/source.ts';
import { fetchBlob } from '../transfer/fetch-blob.ts';
import { isStillThere } from './fetch-into.ts';

const root = await mkdtemp(join(tmpdir(), 'sublet-fetch-into-'));
afterAll(() => rm(root, { recursive: true }));

const good = Buffer.from('what was verified '.repeat(100));
const digest = `sha256:${createHash('sha256').update(good).digest('hex')}`;

const aSource = (read: BlobSource['read']): BlobSource => ({ size: async () => 0, read });

const fetched = (source: BlobSource, size: number) =>
  fetchBlob(
    {
      source,
      size,
      directory: join(root, 'blob'),
      expected: digest,
      signal: new AbortController().signal,
      onProgress() {},
      assertMayWrite() {},
    },
    { parallel: 1, retries: 0 },
  );

describe('a blob that was verified', () => {
  it('is not the one any more when another pull, of a manifest that lies, has written into its folder', async () => {
    const staged = await fetched(
      aSource(async ({ start, end }) => Readable.from([good.subarray(start, end)])),
      good.length,
    );
    expect(await isStillThere(staged)).toBe(true);
    // The same digest with another size, and as many bytes as the good one has.
    const lying = aSource(async () => Readable.from([Buffer.alloc(good.length, 'x')]));
    await expect(fetched(lying, good.length + 1)).rejects.toBeInstanceOf(GatewayError);
    expect(await isStillThere(staged)).toBe(false);
  });
});

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayError } from '#shared/errors.ts';
import type { BlobSource, ByteRange } from '../sources/source.ts';
import { type FetchOptions, fetchBlob } from './fetch-blob.ts';
import type { Transfer } from './transfer.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sublet-transfer-'));
});
afterAll(() => rm(root, { recursive: true }));

let folders = 0;
const aFolder = () => join(root, String(++folders));

const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const bytesOf = (size: number) =>
  Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) % 251));

/** What happens to a read of this range; by default it gives its bytes in chunks of 100. */
type Script = (
  range: ByteRange,
  bytes: Buffer,
  signal: AbortSignal,
) => AsyncIterable<Buffer> | Iterable<Buffer>;

function* chunksOf(bytes: Buffer, size = 100): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Until somebody gives up. */
const silence = (signal: AbortSignal) =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });

function aSource(blob: Buffer, script: Script = (_, bytes) => chunksOf(bytes)) {
  const reads: ByteRange[] = [];
  const source: BlobSource = {
    size: async () => blob.length,
    async read(range, signal) {
      reads.push(range);
      const stream = Readable.from(script(range, blob.subarray(range.start, range.end), signal), {
        objectMode: true,
      });
      signal.addEventListener('abort', () => stream.destroy(signal.reason as Error));
      return stream;
    },
  };
  return { source, reads };
}

const QUICK: FetchOptions = { parallel: 3, partBytes: 1_000, retryMs: 1, retries: 3, saveEveryBytes: 1 };

const aTransfer = (blob: Buffer, more: Partial<Transfer>): Transfer => ({
  source: aSource(blob).source,
  size: blob.length,
  directory: aFolder(),
  expected: digestOf(blob),
  signal: new AbortController().signal,
  onProgress() {},
  assertMayWrite() {},
  ...more,
});

const upstreamError = () => new GatewayError('upstream_error', 'broke off');

describe('a blob that is fetched', () => {
  it.each([0, 1, 999, 1_000, 1_001, 12_345, 3_000_000])('is whole with %i bytes', async (size) => {
    const blob = bytesOf(size);
    const transfer = aTransfer(blob, {});
    const partBytes = Math.max(1_000, size / 10);
    const staged = await fetchBlob(transfer, { ...QUICK, partBytes: Math.ceil(partBytes) });
    expect(staged).toEqual({
      digest: digestOf(blob),
      size,
      writtenMs: expect.any(Number),
      file: join(transfer.directory, 'data'),
    });
    expect((await readFile(staged.file)).equals(blob)).toBe(true);
  });

  it('has its digest computed where none is expected', async () => {
    const blob = bytesOf(2_500_000);
    const transfer = aTransfer(blob, { expected: undefined });
    expect((await fetchBlob(transfer, { ...QUICK, partBytes: 400_000 })).digest).toBe(digestOf(blob));
  });

  it('comes in as many parts at once as it may, in order', async () => {
    let open = 0;
    let most = 0;
    const { source, reads } = aSource(bytesOf(9_000), async function* (_, bytes) {
      open += 1;
      most = Math.max(most, open);
      await new Promise(setImmediate);
      yield* chunksOf(bytes);
      open -= 1;
    });
    await fetchBlob(aTransfer(bytesOf(9_000), { source }), QUICK);
    expect(most).toBe(3);
    expect(reads.map(({ start }) => start)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8].map((n) => n * 1_000));
  });

  it('tells how many bytes need not come again', async () => {
    const told: number[] = [];
    await fetchBlob(aTransfer(bytesOf(4_000), { onProgress: (bytes) => told.push(bytes) }), QUICK);
    expect(told[0]).toBe(0);
    expect(told.at(-1)).toBe(4_000);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });

  it('asks before each write whether it may, and ends at once with what it is told', async () => {
    let asked = 0;
    const frozen = new Error('the lease is lost');
    const { source, reads } = aSource(bytesOf(9_000));
    const transfer = aTransfer(bytesOf(9_000), {
      source,
      assertMayWrite() {
        asked += 1;
        if (asked > 4) throw frozen;
      },
    });
    await expect(fetchBlob(transfer, QUICK)).rejects.toBe(frozen);
    expect(reads.length).toBeLessThan(6); // three lanes, of which one may have come to its second part
  });
});

describe('a part that fails', () => {
  it('goes on from where it broke off', async () => {
    const blob = bytesOf(1_000);
    let first = true;
    const { source, reads } = aSource(blob, function* (_, bytes) {
      if (!first) return yield* chunksOf(bytes);
      first = false;
      yield bytes.subarray(0, 300);
      throw upstreamError();
    });
    await fetchBlob(aTransfer(blob, { source }), QUICK);
    expect(reads).toEqual([
      { start: 0, end: 1_000 },
      { start: 300, end: 1_000 },
    ]);
  });

  it.each([
    ['ends early without a word', (bytes: Buffer) => [bytes.subarray(1)]],
    ['has too much', (bytes: Buffer) => [bytes, Buffer.from('x')]],
  ])('is refused in the end when it always %s', async (_what, chunks) => {
    const { source, reads } = aSource(bytesOf(500), (_, bytes) => chunks(bytes));
    const failed = fetchBlob(aTransfer(bytesOf(500), { source }), { ...QUICK, retries: 0 });
    await expect(failed).rejects.toMatchObject({ failure: 'upstream_error' });
    expect(reads).toHaveLength(1);
  });

  it('is asked for as often as patience lasts, and then its failure is told', async () => {
    const { source, reads } = aSource(bytesOf(500), () => {
      throw upstreamError();
    });
    await expect(fetchBlob(aTransfer(bytesOf(500), { source }), QUICK)).rejects.toThrow('broke off');
    expect(reads).toHaveLength(4);
  });

  it('is not asked for again when that would be the same', async () => {
    const { source, reads } = aSource(bytesOf(500), () => {
      throw new GatewayError('upstream_error', 'no ranges', { shouldRetry: false });
    });
    await expect(fetchBlob(aTransfer(bytesOf(500), { source }), QUICK)).rejects.toThrow('no ranges');
    expect(reads).toHaveLength(1);
  });

  it('is asked for again when it stalls, more often than when it fails, but not for ever', async () => {
    const blob = bytesOf(500);
    const { source, reads } = aSource(blob, async function* (_, bytes, signal) {
      if (reads.length > 6) return yield* chunksOf(bytes);
      await silence(signal);
    });
    await fetchBlob(aTransfer(blob, { source }), { ...QUICK, stallMs: 10 });
    expect(reads).toHaveLength(7);
    const never = aSource(blob, async function* (_, _bytes, signal) {
      yield* [];
      await silence(signal);
    });
    const failed = fetchBlob(aTransfer(blob, never), { ...QUICK, stallMs: 5, stalls: 4 });
    await expect(failed).rejects.toMatchObject({ failure: 'upstream_timeout' });
    expect(never.reads).toHaveLength(5);
  });
});

describe('a transfer that is aborted', () => {
  it('ends at once with the reason, and keeps what came', async () => {
    const blob = bytesOf(3_000);
    const abort = new AbortController();
    const { source } = aSource(blob, async function* ({ start }, bytes, signal) {
      yield bytes.subarray(0, 500);
      if (start === 2_000) abort.abort(new Error('stopped'));
      await silence(signal);
    });
    const transfer = aTransfer(blob, { source, signal: abort.signal });
    await expect(fetchBlob(transfer, QUICK)).rejects.toThrow('stopped');
    const again = aSource(blob);
    await fetchBlob({ ...aTransfer(blob, again), directory: transfer.directory }, QUICK);
    expect(again.reads.reduce((sum, { start, end }) => sum + end - start, 0)).toBeLessThan(3_000);
  });

  it('does nothing when it is so from the start', async () => {
    const transfer = aTransfer(bytesOf(10), { signal: AbortSignal.abort(new Error('stopped')) });
    await expect(fetchBlob(transfer, QUICK)).rejects.toThrow('stopped');
    await expect(stat(transfer.directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a disk that is full', () => {
  it('ends it at once, and nothing is asked for again', async () => {
    const { source, reads } = aSource(bytesOf(900));
    const transfer = aTransfer(bytesOf(900), { source });
    await mkdir(transfer.directory);
    await symlink('/dev/full', join(transfer.directory, 'data'));
    await expect(fetchBlob(transfer, QUICK)).rejects.toMatchObject({
      failure: 'gateway_not_ready',
      message: expect.stringContaining('disk full'),
    });
    expect(reads).toHaveLength(1);
  });
});

describe('other bytes than expected', () => {
  const wrong = (blob: Buffer) => Buffer.from(blob.map((byte) => byte ^ 1));

  it('are refused, and the folder is removed', async () => {
    const blob = bytesOf(5_000);
    const { source, reads } = aSource(wrong(blob));
    const transfer = aTransfer(blob, { source });
    const failure = await fetchBlob(transfer, QUICK).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      failure: 'upstream_error',
      message: expect.stringContaining(`want ${digestOf(blob)}, got ${digestOf(wrong(blob))}`),
    });
    expect(reads).toHaveLength(5);
    await expect(stat(transfer.directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that an earlier process left are thrown away, and all comes once more', async () => {
    const blob = bytesOf(5_000);
    const transfer = aTransfer(blob, {});
    await fetchBlob(transfer, QUICK);
    await writeFile(join(transfer.directory, 'data'), wrong(blob));
    const { source, reads } = aSource(blob);
    const told: number[] = [];
    const again = { ...transfer, source, onProgress: (bytes: number) => told.push(bytes) };
    const { file } = await fetchBlob(again, QUICK);
    expect((await readFile(file)).equals(blob)).toBe(true);
    expect(reads).toHaveLength(5);
    expect(told.slice(0, 2)).toEqual([5_000, 0]);
  });

  it('are fetched no third time', async () => {
    const blob = bytesOf(5_000);
    const transfer = aTransfer(blob, {});
    await fetchBlob(transfer, QUICK);
    await writeFile(join(transfer.directory, 'data'), wrong(blob));
    const { source, reads } = aSource(wrong(blob));
    await expect(fetchBlob({ ...transfer, source }, QUICK)).rejects.toThrow('digest mismatch');
    expect(reads).toHaveLength(5);
  });
});

describe('a folder of which the journal', () => {
  it.each([
    ['is no JSON', '{"version":1,"si'],
    ['is of another size', '{"version":1,"size":4000,"digest":null,"ranges":[[0,4000]]}'],
    ['is of a known digest', '{"version":1,"size":5000,"digest":"sha256:0","ranges":[[0,4000]]}'],
    ['claims more than the file has', '{"version":1,"size":5000,"digest":null,"ranges":[[0,4999]]}'],
    ['has ranges that overlap', '{"version":1,"size":5000,"digest":null,"ranges":[[0,300],[200,400]]}'],
    ['has an empty range', '{"version":1,"size":5000,"digest":null,"ranges":[[7,7]]}'],
  ])('%s is begun anew', async (_what, journal) => {
    const blob = bytesOf(5_000);
    const transfer = aTransfer(blob, { expected: undefined });
    await fetchBlob(transfer, QUICK);
    await truncate(join(transfer.directory, 'data'), 4_000);
    await writeFile(join(transfer.directory, 'parts.json'), journal);
    const { source, reads } = aSource(blob);
    await fetchBlob({ ...transfer, source }, QUICK);
    expect(reads).toHaveLength(5);
  });

  it('is of another digest is begun anew', async () => {
    const [one, other] = [bytesOf(5_000), bytesOf(5_001).subarray(1)];
    const transfer = aTransfer(one, {});
    await fetchBlob(transfer, QUICK);
    const { source, reads } = aSource(other);
    await fetchBlob({ ...transfer, source, expected: digestOf(other) }, QUICK);
    expect(reads).toHaveLength(5);
  });
});

describe('whatever happens on the way', () => {
  /** What a process that is killed may leave: the folder as of a moment, and any bytes where none are claimed. */
  const scar = async (directory: string, cut: number) => {
    const { ranges } = JSON.parse(
      await readFile(join(directory, 'parts.json'), 'utf8').catch(() => '{"ranges":[]}'),
    );
    const data = join(directory, 'data');
    const { size } = await stat(data).catch(() => ({ size: 0 }));
    const claimed: number = ranges.at(-1)?.[1] ?? 0;
    if (size > claimed) await truncate(data, claimed + Math.floor((size - claimed) * cut));
  };

  const Faults = fc.array(fc.constantFrom('none', 'break', 'short', 'long', 'refuse'), { maxLength: 30 });

  it('the blob is whole in the end, over any chunks, faults and kills', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 6_000 }),
        fc.integer({ min: 1, max: 700 }),
        fc.array(fc.record({ afterReads: fc.nat(8), cut: fc.double({ min: 0, max: 1, noNaN: true }) }), {
          maxLength: 4,
        }),
        Faults,
        async (size, chunkBytes, kills, faults) => {
          const blob = bytesOf(size);
          const directory = aFolder();
          const fault = faults[Symbol.iterator]();
          const script = function* (_: ByteRange, bytes: Buffer) {
            const kind = fault.next().value ?? 'none';
            if (kind === 'refuse') throw upstreamError();
            const isWhole = kind === 'none' || kind === 'long';
            const some = isWhole ? bytes : bytes.subarray(0, bytes.length / 2);
            yield* chunksOf(some, chunkBytes);
            if (kind === 'break') throw upstreamError();
            if (kind === 'long') yield* chunksOf(bytes, chunkBytes);
          };
          for (const { afterReads, cut } of kills) {
            await killed(blob, directory, script, afterReads);
            await scar(directory, cut);
          }
          const { source } = aSource(blob, script);
          const { file } = await fetchBlob(aTransfer(blob, { source, directory }), { ...QUICK, retries: 40 });
          expect((await readFile(file)).equals(blob)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  /** A process that gets so far and no further: then not one write of its reaches the disk. */
  async function killed(blob: Buffer, directory: string, script: Script, afterReads: number) {
    const dead = new AbortController();
    const { source, reads } = aSource(blob, function* (range, bytes) {
      for (const chunk of script(range, bytes, dead.signal) as Iterable<Buffer>) {
        if (reads.length > afterReads) dead.abort(new Error('killed'));
        yield chunk;
      }
    });
    const assertMayWrite = () => dead.signal.throwIfAborted();
    const transfer = aTransfer(blob, { source, directory, signal: dead.signal, assertMayWrite });
    await fetchBlob(transfer, { ...QUICK, retries: 40, saveEveryBytes: 700 }).catch((error: Error) => {
      if (error.message !== 'killed') throw error;
    });
  }

  it('no part is lost or comes twice where nothing fails', async () => {
    const { source, reads } = aSource(bytesOf(10_500));
    await fetchBlob(aTransfer(bytesOf(10_500), { source }), QUICK);
    expect(reads.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(10_500);
    expect(await readdir(root)).toContain(String(folders));
  });
});

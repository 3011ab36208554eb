import { createCipheriv, createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { ByteRange, Content } from './content.ts';

const UNIT_BYTES = 1024 * 1024;
const STAMP_BYTES = 8;
/** Small enough that a record of what was sent is not far behind. */
const CHUNK_BYTES = 256 * 1024;

const digests = new Map<string, Promise<string>>();

/**
 * A blob of any size that is never in memory: one mebibyte of noise again and again, each time with its number before
 * it, so that no two places of it are alike and a part that lands at the wrong place shows in the digest.
 *
 * The same `size` and `seed` give the same bytes, in every process. The digest is computed once per process.
 */
export async function aLargeBlob(size: number, seed = 1): Promise<Content> {
  const noise = noiseOf(seed);
  const read = (range: ByteRange) => chunksOf(noise, range);
  const key = `${size}/${seed}`;
  const digest = digests.get(key) ?? hashed(read({ start: 0, end: size }));
  digests.set(key, digest);
  return { size, digest: await digest, read };
}

function* chunksOf(noise: Buffer, { start, end }: ByteRange): Generator<Buffer> {
  for (let at = start; at < end; ) {
    const number = Math.floor(at / UNIT_BYTES);
    const within = at - number * UNIT_BYTES;
    const until = Math.min(UNIT_BYTES, end - number * UNIT_BYTES);
    // Views, no copies: a test server must not be what a benchmark of its client measures.
    const chunk =
      within < STAMP_BYTES
        ? stampOf(number).subarray(within, Math.min(STAMP_BYTES, until))
        : noise.subarray(within, Math.min(within + CHUNK_BYTES, until));
    yield chunk;
    at += chunk.length;
  }
}

function stampOf(number: number): Buffer {
  const stamp = Buffer.alloc(STAMP_BYTES);
  stamp.writeBigUInt64BE(BigInt(number));
  return stamp;
}

function noiseOf(seed: number): Buffer {
  const key = createHash('sha256').update(`noise ${seed}`).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(UNIT_BYTES));
}

async function hashed(chunks: Iterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  let sinceBreath = 0;
  for (const chunk of chunks) {
    hash.update(chunk);
    sinceBreath += chunk.length;
    if (sinceBreath < 16 * UNIT_BYTES) continue;
    sinceBreath = 0;
    await setImmediate(); // whoever computes the digest of gigabytes goes on serving
  }
  return `sha256:${hash.digest('hex')}`;
}

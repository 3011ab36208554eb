import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followingHash } from './following-hash.ts';

const MB = 1024 * 1024;
let file = '';
beforeAll(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'sublet-hash-')), 'data');
});
afterAll(() => rm(join(file, '..'), { recursive: true }));

const sha256 = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

describe('a hash that follows a file', () => {
  it('reads what is there while more is written', async () => {
    const bytes = Buffer.alloc(10 * MB, 'model');
    await writeFile(file, bytes.subarray(0, 6 * MB));
    const hash = followingHash(file, bytes.length);
    hash.advance(6 * MB);
    await appendFile(file, bytes.subarray(6 * MB));
    hash.advance(bytes.length);
    expect(await hash.digest()).toBe(sha256(bytes));
    await hash.close();
  });

  it('says so when the file is shorter than it was told', async () => {
    await writeFile(file, Buffer.alloc(MB));
    const hash = followingHash(file, 9 * MB);
    hash.advance(9 * MB);
    await expect(hash.digest()).rejects.toThrow('shorter than what was written');
    await hash.close();
  });

  it('can be given up', async () => {
    await writeFile(file, Buffer.alloc(MB));
    const hash = followingHash(file, 9 * MB);
    await hash.close();
    await expect(hash.digest()).rejects.toThrow('given up');
  });
});

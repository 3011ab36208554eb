import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Checkpoint, forgetCheckpoint, keepCheckpoint, readCheckpoint } from './checkpoint.ts';

const checkpoint = (uploadId: string): Checkpoint => ({
  bucket: 'company-models',
  key: 'llm/blobs/sha256-0',
  uploadId,
  digest: `sha256:${'0'.repeat(64)}`,
  size: 3,
  partBytes: 2,
  md5s: ['0'.repeat(32), '1'.repeat(32)],
});

let parent: string;
let directory: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'sublet-checkpoint-'));
  directory = join(parent, '.pull', 'mirror-0');
});
afterEach(() => rm(parent, { recursive: true }));

it('of many who begin at once, one is kept, and leaves nothing else in the folder', async () => {
  const all = ['a', 'b', 'c', 'd', 'e'].map(checkpoint);
  const kept = await Promise.all(all.map((each) => keepCheckpoint(directory, each)));
  expect(kept.filter(Boolean)).toHaveLength(1);
  expect(await readCheckpoint(directory)).toEqual(all[kept.indexOf(true)]);
  expect(await readdir(directory)).toEqual(['upload.json']);
});

it('only the upload that is meant is forgotten', async () => {
  await keepCheckpoint(directory, checkpoint('new'));
  await forgetCheckpoint(directory, 'old');
  expect(await readCheckpoint(directory)).toEqual(checkpoint('new'));
  await forgetCheckpoint(directory, 'new');
  expect(await readCheckpoint(directory)).toBeUndefined();
  await forgetCheckpoint(directory, 'new');
});

it('a folder that is not there remembers nothing', async () => {
  expect(await readCheckpoint(directory)).toBeUndefined();
});

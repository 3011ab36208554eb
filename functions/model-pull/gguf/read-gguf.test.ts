import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ggufEntry, ggufFile } from '#shared/fixtures/gguf-file.ts';
import { tinyGguf } from '#shared/fixtures/tiny-gguf.ts';
import { configOf } from './config-of.ts';
import { sizeLabel } from './gguf.ts';
import { readGguf } from './read-gguf.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gguf-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(bytes: Buffer): Promise<string> {
  const file = join(folder, 'model.gguf');
  await writeFile(file, bytes);
  return file;
}

it('reads a head that is longer than the first read', async () => {
  const tokens = Array.from({ length: 60_000 }, (_, index) => `token number ${index}`);
  const entries = [
    ggufEntry.strings('tokenizer.ggml.tokens', tokens),
    ggufEntry.string('general.architecture', 'qwen3'),
  ];
  const file = await written(ggufFile({ entries }));

  expect((await readGguf(file)).metadata.get('general.architecture')).toBe('qwen3');
  expect((await readGguf(file, Number.POSITIVE_INFINITY)).metadata.get('tokenizer.ggml.tokens')).toEqual(
    tokens,
  );
});

it('refuses an empty file', async () => {
  await expect(readGguf(await written(Buffer.alloc(0)))).rejects.toThrow('ends in the middle');
});

it('makes the config that Ollama makes', async () => {
  const gguf = await readGguf(await written(tinyGguf()));

  expect(JSON.parse(configOf(gguf, ['sha256:aa']).toString())).toEqual({
    model_format: 'gguf',
    model_family: 'llama',
    model_families: ['llama'],
    model_type: '118K',
    file_type: 'F32',
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: ['sha256:aa'] },
  });
});

it.each([
  [8_030_261_248, '8.0B'],
  [1_000_000_000, '1B'],
  [494_032_768, '494.03M'],
  [125_000_000, '125M'],
  [481_216, '481K'],
  [999, '999'],
])('calls %i parameters %s', (count, label) => {
  expect(sizeLabel(count)).toBe(label);
});

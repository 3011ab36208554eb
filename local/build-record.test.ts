import { mkdir, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isUpToDate, noteBuild } from './build-record.ts';

const LATER_MS = 60_000;

/** A bundle of one file, noted as one whose build began a minute after its files were written. */
async function aBundle({ ageMs = LATER_MS } = {}) {
  const root = await mkdtemp(join(tmpdir(), 'sublet-record-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const put = (file: string, text: string) => writeFile(join(root, file), text);
  await mkdir(join(root, 'dist'));
  await put('package.json', '{}');
  await put('source.ts', 'export const one = 1;');
  await put('dist/server.mjs', 'export const one=1;');
  const record = { path: join(root, 'dist.json'), root, settings: ['1.0.0', { minify: true }] };
  const note = { inputs: ['source.ts'], outputs: ['dist/server.mjs'], began: Date.now() + ageMs };
  await noteBuild(record, note);
  return { record, put, remove: (file: string) => unlink(join(root, file)) };
}

type Bundle = Awaited<ReturnType<typeof aBundle>>;

describe('a bundle', () => {
  it('is up to date while it and what it was built from are as they were', async () => {
    const { record, put } = await aBundle();
    await put('source.ts', 'export const one = 1;');
    await put('unheard-of.ts', '');
    expect(await isUpToDate(record)).toBe(true);
  });

  it.each<[string, (bundle: Bundle) => Promise<void>]>([
    ['its source was changed', ({ put }) => put('source.ts', 'export const one = 2;')],
    ['its source is gone', ({ remove }) => remove('source.ts')],
    ['it was changed itself', ({ put }) => put('dist/server.mjs', '')],
    ['it is gone', ({ remove }) => remove('dist/server.mjs')],
    ['imports may lead elsewhere', ({ put }) => put('package.json', '{"imports": {}}')],
    ['there are rules now', ({ put }) => put('tsconfig.json', '{}')],
    ['nothing is noted', ({ record, remove }) => remove(record.path.slice(record.root.length))],
  ])('is not when %s', async (_what, change) => {
    const bundle = await aBundle();
    await change(bundle);
    expect(await isUpToDate(bundle.record)).toBe(false);
  });

  it('is not what another version of the builder, or other settings, would make', async () => {
    const { record } = await aBundle();
    expect(await isUpToDate({ ...record, settings: ['1.0.1', { minify: true }] })).toBe(false);
    expect(await isUpToDate({ ...record, settings: ['1.0.0', { minify: false }] })).toBe(false);
  });

  it('is not when its source may have been changed while it was built', async () => {
    expect(await isUpToDate((await aBundle({ ageMs: 0 })).record)).toBe(false);
  });
});

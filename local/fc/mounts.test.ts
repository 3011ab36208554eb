import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aSpec } from './fixtures/fixture-function.ts';
import { mounted } from './mounts.ts';

describe('a folder of a NAS', () => {
  it('is a folder of this machine, made if need be, wherever a variable names it', () => {
    const directory = mkdtempSync(join(tmpdir(), 'sublet-mounts-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const folder = join(directory, 'models');
    const environment = {
      MODELS: '/mnt/ollama',
      BLOBS: '/mnt/ollama/blobs',
      OTHER: '/mnt/ollama2',
      WORD: 'x',
    };
    const spec = aSpec({ environment, mountDirs: ['/mnt/ollama'] });
    expect(mounted(spec, { '/mnt/ollama': folder }).environment).toEqual({
      MODELS: folder,
      BLOBS: join(folder, 'blobs'),
      OTHER: '/mnt/ollama2',
      WORD: 'x',
    });
    expect(existsSync(folder)).toBe(true);
  });

  it('for which no folder was named is refused', () => {
    expect(() => mounted(aSpec({ mountDirs: ['/mnt/ollama'] }), {})).toThrow(
      'fixture: the local FC was not told which folder stands for /mnt/ollama.',
    );
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readEnvironment } from './read-environment.ts';

async function aFolder(dotEnv?: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sublet-env-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  if (dotEnv !== undefined) await writeFile(join(folder, '.env'), dotEnv);
  return folder;
}

it('is what .env says, and what the process says before it', async () => {
  const folder = await aFolder(`# why\nA=1\nB='[{"x": 2}]' # and so\nC=3\n`);
  expect(readEnvironment(folder, { C: '4', D: '5', E: undefined })).toEqual({
    A: '1',
    B: '[{"x": 2}]',
    C: '4',
    D: '5',
  });
});

it('is what the process says where there is no .env', async () => {
  expect(readEnvironment(await aFolder(), { A: '1' })).toEqual({ A: '1' });
});

import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { forgetAddresses, noteAddresses, runningAddresses } from './running-addresses.ts';

const ADDRESSES = { router: 'http://127.0.0.1:9000', 'model-pull': 'http://127.0.0.1:12345' };

async function aDirectory() {
  const directory = await mkdtemp(join(tmpdir(), 'sublet-running-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

describe('the addresses of what runs', () => {
  it('are known while it runs, to nobody but its owner', async () => {
    const directory = await aDirectory();
    expect(await runningAddresses(directory)).toEqual({});
    await noteAddresses(directory, ADDRESSES);
    expect(await runningAddresses(directory)).toEqual(ADDRESSES);
    expect((await stat(join(directory, 'running.json'))).mode & 0o777).toBe(0o600);
    await forgetAddresses(directory);
    expect(await runningAddresses(directory)).toEqual({});
    await expect(stat(join(directory, 'running.json'))).rejects.toThrow('ENOENT');
  });

  it('are nobody’s after it was killed', async () => {
    const directory = await aDirectory();
    // No process has this pid: it is above what any system gives out.
    const note = JSON.stringify({ pid: 2 ** 31 - 1, addresses: ADDRESSES });
    await writeFile(join(directory, 'running.json'), note);
    expect(await runningAddresses(directory)).toEqual({});
  });

  it('stay when it was another that noted them', async () => {
    const directory = await aDirectory();
    const note = JSON.stringify({ pid: process.ppid, addresses: ADDRESSES });
    await writeFile(join(directory, 'running.json'), note);
    await forgetAddresses(directory);
    expect(await runningAddresses(directory)).toEqual(ADDRESSES);
  });

  it.each(['', '{', '{}', '{"pid":1}', `{"pid":"1","addresses":{}}`])('are none in %s', async (text) => {
    const directory = await aDirectory();
    await writeFile(join(directory, 'running.json'), text);
    expect(await runningAddresses(directory)).toEqual({});
  });
});

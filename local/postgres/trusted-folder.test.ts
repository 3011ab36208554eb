import { chmod, chown, mkdir, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { aDirectory } from './fixture.ts';
import { makeTrusted } from './trusted-folder.ts';

const IS_ROOT = process.getuid!() === 0;
const PLANTED = 'others could have put something there';

describe('a folder to run programs from', () => {
  it('is made so that others pass through it and change nothing', async () => {
    const folder = await aDirectory();
    await makeTrusted(folder);
    await makeTrusted(folder);
    expect((await stat(folder)).mode & 0o777).toBe(0o711);
  });

  it('may lie where everyone writes, as long as nobody moves what is not theirs', async () => {
    const folder = await aDirectory();
    await chmod(dirname(folder), 0o1777);
    await makeTrusted(folder);
    await chmod(dirname(folder), 0o777);
    await expect(makeTrusted(folder)).rejects.toThrow(PLANTED);
  });

  it('is not one that others may change', async () => {
    const folder = await aDirectory();
    await mkdir(folder);
    await chmod(folder, 0o775);
    await expect(makeTrusted(folder)).rejects.toThrow(PLANTED);
  });

  it('is not a link, wherever it leads', async () => {
    const folder = await aDirectory();
    await mkdir(join(dirname(folder), 'elsewhere'));
    await symlink('elsewhere', folder);
    await expect(makeTrusted(folder)).rejects.toThrow(PLANTED);
  });

  it.runIf(IS_ROOT)('is not one that another account has made', async () => {
    const folder = await aDirectory();
    await mkdir(folder);
    await chown(folder, 65_534, 65_534);
    await expect(makeTrusted(folder)).rejects.toThrow(PLANTED);
  });
});

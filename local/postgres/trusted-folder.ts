import { spawnSync } from 'node:child_process';
import type { Stats } from 'node:fs';
import { chmod, lstat, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import process from 'node:process';
import { type Account, spawnOptions } from './account.ts';

/** Asked by trying, since modes say nothing of access lists, mounts and security modules. */
export function canEnter(account: Account, folder: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$0"', folder], spawnOptions(account)).status === 0;
}

/**
 * A folder called `name` outside the checkout that `account` can enter and only we can change,
 * made when it is missing.
 */
export async function trustedFolder(name: string, account: Account): Promise<string> {
  const reasons: string[] = [];
  for (const path of [`/var/lib/sublet/${name}`, `/var/tmp/sublet-${name}`]) {
    try {
      if (dirname(path).endsWith('/sublet')) await makeTrusted(dirname(path));
      await makeTrusted(path);
      if (canEnter(account, path)) return path;
      reasons.push(`${path}: ${account.name} cannot enter it`);
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  throw new Error(`found no folder that ${account.name} can enter:\n  ${reasons.join('\n  ')}`);
}

/** In a folder like /var/tmp anyone may have made ours before us, to have us run what they put there. */
export async function makeTrusted(path: string): Promise<void> {
  await mkdir(path).then(
    () => chmod(path, 0o711), // whatever the umask
    (error) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
  const [folder, above] = await Promise.all([lstat(path), lstat(dirname(path))]);
  const isOurs = folder.isDirectory() && folder.uid === process.getuid!() && !othersWrite(folder);
  // Where others write but the sticky bit is set, they cannot put another folder in the place of ours.
  if (!isOurs || (othersWrite(above) && !isSticky(above))) {
    throw new Error(`${path}: others could have put something there`);
  }
}

const othersWrite = ({ mode }: Stats) => (mode & 0o022) !== 0;
const isSticky = ({ mode }: Stats) => (mode & 0o1000) !== 0;

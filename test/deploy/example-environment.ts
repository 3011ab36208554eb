import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const S_YAML = join(ROOT, 's.yaml');
export const ENV_EXAMPLE = join(ROOT, '.env.example');

/** What is left empty in .env.example, because whoever deploys makes it. */
export const SECRETS = ['KEY_PEPPER', 'INTERNAL_SECRET'];

/** The environment of someone who did what .env.example says. */
export function exampleEnvironment(): Record<string, string> {
  const example = parseEnv(readFileSync(ENV_EXAMPLE, 'utf8')) as Record<string, string>;
  const made = SECRETS.map((name, index) => [name, `${index}`.repeat(64)]);
  return { ...example, ...Object.fromEntries(made) };
}

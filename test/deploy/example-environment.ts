import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { type LobeChat, PROFILES, type Profile } from '../../deploy/environment/profiles.ts';
import { variablesOf } from '../../deploy/environment/variables.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const fileOf = (profile: Profile) => join(ROOT, PROFILES[profile]);
export const S_YAML = fileOf('gpu');
export const ENV_EXAMPLE = join(ROOT, '.env.example');

/** What is left empty in .env.example and must not be, because whoever deploys makes it or is given it. */
export const SECRETS: Readonly<Record<string, string>> = {
  KEY_PEPPER: '0'.repeat(64),
  INTERNAL_SECRET: '1'.repeat(64),
  LOBECHAT_KEY_VAULTS_SECRET: Buffer.alloc(32, 1).toString('base64'),
  LOBECHAT_AUTH_SECRET: Buffer.alloc(32, 2).toString('base64'),
  LOBECHAT_JWKS_KEY: aKeySet(),
  LOBECHAT_AUTH0_SECRET: 'a'.repeat(64),
  LOBECHAT_BUCKET_KEY_ID: 'LTAI5tExampleExampleExam',
  LOBECHAT_BUCKET_KEY_SECRET: 'b'.repeat(30),
  LOBECHAT_ROUTER_KEY: `sk-${'c'.repeat(12)}-${'d'.repeat(38)}`,
};

export const example = parseEnv(readFileSync(ENV_EXAMPLE, 'utf8')) as Record<string, string>;

/** The environment of someone who did what .env.example says for this profile, and wrote nothing else. */
export function exampleEnvironment(
  profile: Profile = 'gpu',
  lobechat: LobeChat = '2',
): Record<string, string> {
  const asked = Object.keys(variablesOf({ profile, lobechat }));
  const filled = asked.map((name) => [
    name,
    SECRETS[name] ?? example[name]?.replace(/x{8,}|y{8,}/g, madeUp) ?? '',
  ]);
  return { ...Object.fromEntries(filled), LOBECHAT: lobechat };
}

/** In digits, which an account's id wants and all others take; another where the example is another. */
const madeUp = (blank: string) =>
  (blank.startsWith('x') ? '7251834960' : '3649207185').padEnd(blank.length, '0').slice(0, blank.length);

/** As docs/lobechat.md makes it. */
function aKeySet(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'lobechat' };
  return JSON.stringify({ keys: [key] });
}

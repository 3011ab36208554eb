import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { newKeyToken, publicIdOf } from '#shared/keys/key-token.ts';

const LocalSecrets = z.object({
  keyPepper: z.string().min(32),
  internalSecret: z.string().min(32),
  /** The first key. Kept on this machine only, so that each start can show it; in the cloud a key is shown once. */
  key: z.string().refine((token) => publicIdOf(token) !== undefined, 'is not a key of Sublet'),
});
export type LocalSecrets = z.infer<typeof LocalSecrets>;

/** The secrets of this data directory, made at the first start; a file that only its owner can read. */
export async function localSecrets(dataDirectory: string): Promise<LocalSecrets> {
  // Others may pass through, not look: PostgreSQL runs as another user where we are root.
  await mkdir(dataDirectory, { recursive: true, mode: 0o711 });
  return (await keptSecrets(dataDirectory)) ?? makeSecrets(secretsPath(dataDirectory));
}

/** Those of an earlier start, if there was one. */
export async function keptSecrets(dataDirectory: string): Promise<LocalSecrets | undefined> {
  const path = secretsPath(dataDirectory);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  await chmod(path, 0o600);
  try {
    return LocalSecrets.parse(JSON.parse(text));
  } catch (cause) {
    // Never made anew over an old file: all keys of this database would be worthless.
    throw new Error(`${path} is damaged. Restore it, or remove the data directory to begin anew.`, { cause });
  }
}

const secretsPath = (dataDirectory: string) => join(dataDirectory, 'secrets.json');

/** Written beside and renamed: a start that is cut short leaves no half file. */
async function makeSecrets(path: string): Promise<LocalSecrets> {
  const secrets = {
    keyPepper: randomBytes(32).toString('base64url'),
    internalSecret: randomBytes(32).toString('base64url'),
    key: newKeyToken().token,
  };
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, path);
  return secrets;
}

import { randomBytes } from 'node:crypto';
import { chmod, rename, writeFile } from 'node:fs/promises';

/** Writes a file that only we can read, whole or not at all, also across a power cut. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await rename(await writeDraft(path, text), path);
}

/** The same text under a name nobody else uses, to be renamed or linked into its place. */
export async function writeDraft(path: string, text: string): Promise<string> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.draft`;
  await writeFile(draft, text, { mode: 0o600, flag: 'wx', flush: true });
  await chmod(draft, 0o600); // a strict umask may have taken even our own right to read it
  return draft;
}

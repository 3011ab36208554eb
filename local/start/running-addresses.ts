import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

const Note = z.object({ pid: z.number().int().positive(), addresses: z.record(z.string(), z.url()) });

/**
 * Where the functions are of the `npm start` that runs on this data directory, by name: `{"model-pull":
 * "http://127.0.0.1:12345"}`. Nothing where none runs, also after one that was killed.
 */
export async function runningAddresses(dataDirectory: string): Promise<Readonly<Record<string, string>>> {
  const note = await readNote(dataDirectory);
  return note && isAlive(note.pid) ? note.addresses : {};
}

/** Written beside and renamed: nobody reads half of it. */
export async function noteAddresses(dataDirectory: string, addresses: Record<string, string>): Promise<void> {
  const path = notePath(dataDirectory);
  const draft = `${path}.${process.pid}`;
  const text = `${JSON.stringify({ pid: process.pid, addresses }, null, 2)}\n`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, path);
}

/** Removes our own note; that of another start, which may have come since, stays. */
export async function forgetAddresses(dataDirectory: string): Promise<void> {
  const note = await readNote(dataDirectory);
  if (note?.pid === process.pid) await rm(notePath(dataDirectory), { force: true });
}

const notePath = (dataDirectory: string) => join(dataDirectory, 'running.json');

/** What is no note of ours counts as none: it says nothing that cannot be said again. */
async function readNote(dataDirectory: string): Promise<z.infer<typeof Note> | undefined> {
  const text = await readFile(notePath(dataDirectory), 'utf8').catch(() => '');
  try {
    return Note.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // somebody else's, but there
  }
}

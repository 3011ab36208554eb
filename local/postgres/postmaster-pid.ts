import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { type ProcessFacts, readProcess } from './process-facts.ts';

/** What a server says of itself in its data folder for as long as it lives. */
export interface Postmaster {
  pid: number;
  port: number;
  isReady: boolean;
}

const pidFile = (dataDirectory: string) => join(dataDirectory, 'postmaster.pid');

export async function readPostmaster(dataDirectory: string): Promise<Postmaster | null> {
  const text = await readFile(pidFile(dataDirectory), 'utf8').catch(() => '');
  const [pid, , , port, , , , status] = text.split('\n');
  if (!Number(pid)) return null;
  return { pid: Number(pid), port: Number(port), isReady: status?.trim() === 'ready' };
}

/** The server that lives on these data, if one does; a pid alone proves nothing, pids come again. */
export async function livingPostmaster(dataDirectory: string): Promise<Postmaster | null> {
  const named = await readPostmaster(dataDirectory);
  if (!named) return null;
  const facts = await readProcess(named.pid);
  return facts && isServerOf(dataDirectory, facts) ? named : null;
}

/** When in doubt it is one: a second server on the same data would destroy them. */
export function isServerOf(dataDirectory: string, { command, workingDirectory }: ProcessFacts): boolean {
  if (workingDirectory !== null) return workingDirectory === dataDirectory;
  if (command.includes(dataDirectory)) return true;
  return /postgres|postmaster/.test(command) && !command.includes(' -D');
}

/**
 * Makes the pid file of a dead server pass, whoever has its pid now: PostgreSQL would take that
 * program for a server, but by our own pid, its parent's, it knows the file for an old one. It is
 * not removed, because from its last lines PostgreSQL tells whether orphans of the old server are
 * still at work on the data; only one that a crash of the machine has emptied says nothing.
 */
export async function disownPidFile(dataDirectory: string): Promise<void> {
  const text = await readFile(pidFile(dataDirectory), 'utf8').catch(() => null);
  if (text === null) return;
  if (text.trim() === '') return await rm(pidFile(dataDirectory), { force: true });
  await writeFile(pidFile(dataDirectory), text.replace(/^\d+/, String(process.pid)));
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import { disownPidFile, livingPostmaster, type Postmaster } from './postmaster-pid.ts';
import { isRunning, readProcess } from './process-facts.ts';
import { type Answer, whoAnswers } from './server-identity.ts';
import { type Exit, type ServerProcess, stopServer } from './server-process.ts';

const PATIENCE_MS = 10_000;
const WATCH_INTERVAL_MS = 200;
const NOT_READY: Answer = { from: 'nobody', reason: 'it is not ready' };

/**
 * The server that a killed runner left behind on these data, or null when the way is free. One
 * that was started with other settings is stopped first; one that does not answer is an error.
 */
export async function adoptLeftover(cluster: Cluster, flags: string[]): Promise<ServerProcess | null> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const postmaster = await livingPostmaster(cluster.dataDirectory);
    if (!postmaster) {
      await disownPidFile(cluster.dataDirectory);
      return null;
    }
    const answer = postmaster.isReady ? await whoAnswers(postmaster.port, cluster) : NOT_READY;
    if (answer.from === 'ours') return await adopt(postmaster, flags);
    // Silence may pass: the runner may have been killed while the server was starting or stopping.
    const isFinal = answer.from === 'stranger' || Date.now() > deadline;
    if (isFinal) throw refusal(postmaster, cluster, answer.reason);
    await sleep(WATCH_INTERVAL_MS);
  }
}

async function adopt({ pid, port }: Postmaster, flags: string[]): Promise<ServerProcess | null> {
  const server = { pid, port, exited: watchExit(pid) };
  const command = (await readProcess(pid))?.command ?? '';
  if (command.endsWith(flags.join(' '))) return server;
  await stopServer(server);
  return null;
}

async function watchExit(pid: number): Promise<Exit> {
  while (await isRunning(pid)) await sleep(WATCH_INTERVAL_MS);
  return { code: null, signal: null };
}

function refusal({ pid, port }: Postmaster, { dataDirectory }: Cluster, reason: string): Error {
  return new Error(
    `PostgreSQL (pid ${pid}, port ${port}) is running on ${dataDirectory} and cannot be used: ${reason}. ` +
      `Stop it with "kill -INT ${pid}", then start again.`,
  );
}

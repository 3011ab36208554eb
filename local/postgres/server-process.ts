import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Exit {
  /** Null too when the server was adopted: only a parent is told. */
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ServerProcess {
  pid: number;
  port: number;
  exited: Promise<Exit>;
}

/** Ends the server; open transactions are rolled back, a second signal is for one that hangs. */
export async function stopServer(server: ServerProcess): Promise<void> {
  for (const [signal, patienceMs] of [
    ['SIGINT', 15_000],
    ['SIGQUIT', 15_000],
  ] as const) {
    const hasExited = await exitsWithin(server, 0);
    if (!hasExited) kill(server.pid, signal);
    if (hasExited || (await exitsWithin(server, patienceMs))) return;
  }
  throw new Error(`PostgreSQL (pid ${server.pid}) does not stop; kill -9 ${server.pid} would end it`);
}

async function exitsWithin({ exited }: ServerProcess, ms: number): Promise<boolean> {
  const timeout = new AbortController();
  const first = await Promise.race([
    exited.then(() => true),
    sleep(ms, false, { signal: timeout.signal }).catch(() => false),
  ]);
  timeout.abort();
  return first;
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it was faster
  }
}

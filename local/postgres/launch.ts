import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnOptions } from './account.ts';
import type { Cluster } from './cluster.ts';
import { readPostmaster } from './postmaster-pid.ts';
import { whoAnswers } from './server-identity.ts';
import { logPath, logSince, openLog, sizeOf } from './server-log.ts';
import { type Exit, type ServerProcess, stopServer } from './server-process.ts';

const START_TIMEOUT_MS = 120_000; // repairing after a crash takes its time
const PORTS_TRIED = 5;

/** Starts the server on a free port and comes back when it lets clients in. */
export async function launch(cluster: Cluster, flags: string[], nextPort = freePort): Promise<ServerProcess> {
  for (let tried = 1; ; tried++) {
    const port = await nextPort();
    const outcome = await launchOn(port, cluster, flags);
    if ('pid' in outcome) return await letsUsIn(outcome, cluster);
    const isTaken = outcome.reason.includes('Address already in use');
    if (!isTaken || tried === PORTS_TRIED) {
      throw new Error(`PostgreSQL did not start; ${logPath(cluster.home)} says:\n${outcome.reason}`);
    }
  }
}

async function letsUsIn(server: ServerProcess, cluster: Cluster): Promise<ServerProcess> {
  const answer = await whoAnswers(server.port, cluster);
  if (answer.from === 'ours') return server;
  await stopServer(server);
  throw new Error(
    `PostgreSQL started, but: ${answer.reason}. Is ${cluster.home}/password still the one the data were made with?`,
  );
}

async function launchOn(
  port: number,
  cluster: Cluster,
  flags: string[],
): Promise<ServerProcess | { reason: string }> {
  const { home, dataDirectory, account, binaries } = cluster;
  const log = await openLog(home);
  const logStart = await sizeOf(logPath(home));
  // Detached, it is in no terminal's foreground: Ctrl-C reaches us alone, and we stop it last.
  const child = spawn(binaries.postgres, ['-D', dataDirectory, '-p', String(port), ...flags], {
    ...spawnOptions(account),
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  const exited = exitOf(child);
  exited.catch(() => {}); // thrown below, but by then it would count as unhandled
  await log.close();
  if (await isUp(child, dataDirectory)) return { pid: child.pid!, port, exited };
  if (child.exitCode === null) child.kill('SIGQUIT');
  const { code, signal } = await exited;
  const said = await logSince(home, logStart);
  return { reason: said || `nothing (it ended with ${signal ?? `code ${code}`})` };
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

async function isUp(child: ChildProcess, dataDirectory: string): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && child.pid && child.exitCode === null && child.signalCode === null) {
    const postmaster = await readPostmaster(dataDirectory);
    if (postmaster?.pid === child.pid && postmaster.isReady) return true;
    await sleep(20);
  }
  return false;
}

/** Free a moment ago; another program may be faster, so the caller has to try again. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(address)));
    });
  });
}

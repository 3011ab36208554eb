import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface Process {
  pid: number;
  stop(): Promise<void>;
}

/** Starts Node with these arguments, and waits until it listens on the port. */
export async function startServer(
  args: readonly string[],
  port: number,
  environment: Record<string, string>,
): Promise<Process> {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.resume();
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`${args.join(' ')} ended before it listened.`);
    await pause(2);
  }
  return { pid: child.pid!, stop: () => stop(child) };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** CPU time of a process so far, user and system, all its threads together, to the nanosecond (Linux: proc(5), schedstat). */
export function cpuMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const ns = threads.map((id) => Number(read(`/proc/${pid}/task/${id}/schedstat`).split(' ')[0]));
  return ns.reduce((sum, each) => sum + each, 0) / 1e6;
}

const TICK_MS = 10;

/** The same of a process with its children, those that have ended included; in ticks of 10 ms (proc(5), stat). */
export function familyCpuMs(pid: number): number {
  const [utime, stime, cutime, cstime] = timesOf(pid);
  const children = read(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean);
  const living = children.map((child) => {
    const [user, system] = timesOf(Number(child));
    return user + system;
  });
  return living.reduce((sum, each) => sum + each, utime + stime + cutime + cstime) * TICK_MS;
}

type Times = [utime: number, stime: number, cutime: number, cstime: number];

/** Zeros for one that has ended since it was listed: its parent has them by now. The name before them may hold blanks and brackets. */
function timesOf(pid: number): Times {
  if (!existsSync(`/proc/${pid}`)) return [0, 0, 0, 0];
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  return fields.slice(11, 15).map(Number) as Times;
}

/** Memory that a process has in RAM. */
export const rssBytes = (pid: number) =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1]) * 1024;

const read = (path: string) => readFileSync(path, 'latin1');

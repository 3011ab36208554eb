import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import process from 'node:process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What tells a process from a later one that was given the same number. */
export interface ProcessFacts {
  startedAt: string;
  command: string;
  /** Where it works, when the system lets us see that. */
  workingDirectory: string | null;
}

/** The facts of a living process; null when `pid` names none (a zombie no longer lives). */
export function readProcess(pid: number): Promise<ProcessFacts | null> {
  return process.platform === 'linux' ? readFromProc(pid) : readFromPs(pid);
}

/** Cheap enough to be asked several times a second, on macOS too. */
export async function isRunning(pid: number): Promise<boolean> {
  if (process.platform === 'linux') return (await readFromProc(pid)) !== null;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function readFromProc(pid: number): Promise<ProcessFacts | null> {
  try {
    const [stat, bootId, commandLine] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // The name in brackets may hold spaces and brackets itself; fields are counted from the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    return {
      startedAt: `${bootId.trim()}/${fields[19]}`,
      command: commandLine.split('\0').join(' ').trim(),
      workingDirectory: await readlink(`/proc/${pid}/cwd`).catch(() => null),
    };
  } catch {
    return null; // gone before or while it was read
  }
}

/** What the same comes to where there is no /proc. */
export async function readFromPs(pid: number): Promise<ProcessFacts | null> {
  // lstart is written in local time, and the next start may have another time zone.
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
  const columns = ['-o', 'stat=', '-o', 'lstart=', '-o', 'command='];
  const { stdout } = await run('ps', ['-ww', ...columns, '-p', String(pid)], { env }).catch((error) => {
    if (error.code === 1) return { stdout: '' }; // ps says "no such process" this way
    throw error;
  });
  const [, state, startedAt, command] =
    /^\s*(\S+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)/.exec(stdout) ?? [];
  if (!state || state.startsWith('Z')) return null;
  return { startedAt: startedAt!, command: command!.trim(), workingDirectory: null };
}

import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** What a process has of memory now, and what it had at most: resident, as the kernel counts it. */
export async function memoryOf({ pid }: ChildProcess): Promise<{ bytes: number; peakBytes: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)![1]);
  return { bytes: kilobytes('VmRSS') * 1024, peakBytes: kilobytes('VmHWM') * 1024 };
}

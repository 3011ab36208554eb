import { chmod, type FileHandle, open, readFile, rename, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';

const KEPT_BYTES = 1024 * 1024;
const MAX_BYTES = 16 * KEPT_BYTES;
const CHECK_INTERVAL_MS = 60_000;

export const logPath = (home: string) => join(home, 'server.log');

/** Opens the log to append to it; a long one is set aside, in the place of the one before. */
export async function openLog(home: string): Promise<FileHandle> {
  const path = logPath(home);
  const size = await sizeOf(path);
  if (size > KEPT_BYTES) await rename(path, `${path}.previous`);
  const file = await open(path, 'a', 0o600);
  await chmod(path, 0o600);
  return file;
}

export async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}

/** What was logged after the first `fromByte` bytes: at most the last twenty lines of it. */
export async function logSince(home: string, fromByte: number): Promise<string> {
  const text = (await readFile(logPath(home)).catch(() => Buffer.alloc(0))).subarray(fromByte).toString();
  return text.trim().split('\n').slice(-20).join('\n');
}

/** Empties the log when it has grown too long; the server, which appends, goes on at its start. */
export function boundLog(home: string): { stop(): void } {
  const check = async () => {
    if ((await sizeOf(logPath(home))) > MAX_BYTES) await truncate(logPath(home)).catch(() => {});
  };
  const timer = setInterval(() => void check(), CHECK_INTERVAL_MS).unref();
  return { stop: () => clearInterval(timer) };
}

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';

/** Below this a thread costs more than the hash. */
const SMALL_BYTES = 1024 * 1024;
/** How far apart the thread is told that there is more to read. */
const STEP_BYTES = 4 * 1024 * 1024;

/**
 * The sha256 of a file while it is written: what is read back is what is hashed, in a thread of its own, as far as
 * the bytes are there without a gap.
 */
export interface FollowingHash {
  advance(frontier: number): void;
  /** Once all is written. @returns `sha256:` and 64 hex digits. */
  digest(): Promise<string>;
  close(): Promise<void>;
}

export const followingHash = (file: string, size: number): FollowingHash =>
  size <= SMALL_BYTES ? atTheEnd(file) : inAThread(file, size);

const atTheEnd = (file: string): FollowingHash => ({
  advance() {},
  async digest() {
    return `sha256:${createHash('sha256')
      .update(await readFile(file))
      .digest('hex')}`;
  },
  async close() {},
});

/** As text, since in the bundle there is no file for it. It answers once it has read to `size`. */
const THREAD = `
  const { parentPort, workerData: { file, size } } = require('node:worker_threads');
  const { openSync, readSync } = require('node:fs');
  const hash = require('node:crypto').createHash('sha256');
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  const data = openSync(file);
  let read = 0;
  parentPort.on('message', (frontier) => {
    while (read < frontier) {
      const bytes = readSync(data, buffer, 0, Math.min(buffer.length, frontier - read), read);
      if (bytes === 0) throw new Error('The file is shorter than what was written to it.');
      hash.update(buffer.subarray(0, bytes));
      read += bytes;
    }
    if (read === size) parentPort.postMessage(hash.digest('hex'));
  });
`;

function inAThread(file: string, size: number): FollowingHash {
  const thread = new Worker(THREAD, { eval: true, workerData: { file, size }, execArgv: [] });
  const digest = new Promise<string>((resolve, reject) => {
    thread.once('message', (hex: string) => resolve(`sha256:${hex}`));
    thread.once('error', reject);
    thread.once('exit', () => reject(new Error('The hash was given up.')));
  });
  digest.catch(() => {}); // told to whom asks for the digest; it may be that nobody does
  let told = 0;
  return {
    advance(frontier) {
      if (frontier - told < STEP_BYTES && frontier < size) return;
      if (frontier <= told) return;
      told = frontier;
      thread.postMessage(frontier);
    },
    digest: () => digest,
    async close() {
      await thread.terminate();
    },
  };
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

export interface Measured {
  digest: string;
  size: number;
  /** MD5 of each part in its order, as 32 hex digits. */
  md5s: string[];
}

const READ_BYTES = 1024 * 1024;

/**
 * Reads a file once for all that must be known of it, so that a part that is sent later, and refused by the store
 * where its MD5 is another, is a part of the very bytes that had this digest.
 */
export async function measure(file: string, partBytes: number, signal: AbortSignal): Promise<Measured> {
  const whole = createHash('sha256');
  const { size } = await stat(file);
  const md5s: string[] = [];
  for (let start = 0; start < size || md5s.length === 0; start += partBytes) {
    const part = createHash('md5');
    const range = { start, end: Math.min(start + partBytes, size) - 1 };
    const chunks = size > 0 ? createReadStream(file, { ...range, highWaterMark: READ_BYTES, signal }) : [];
    for await (const chunk of chunks) {
      whole.update(chunk);
      part.update(chunk);
    }
    md5s.push(part.digest('hex'));
  }
  return { digest: `sha256:${whole.digest('hex')}`, size, md5s };
}

/** OSS takes 10,000 parts at most, and of them only the last may be shorter than 100 KB. */
const MOST_PARTS = 10_000;
const MIB = 1024 * 1024;

/** How large parts are to be: as wanted, or larger where they would be too many. */
export const partBytesFor = (size: number, wanted: number): number =>
  size <= wanted * MOST_PARTS ? wanted : Math.ceil(size / MOST_PARTS / MIB) * MIB;

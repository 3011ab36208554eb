import { GatewayError } from '#shared/errors.ts';
import type { BlobSource, ByteRange } from '../sources/source.ts';
import { StallWatch } from './stall-watch.ts';

/** So much is written at once; while it is, as much again is read. */
const BATCH_BYTES = 128 * 1024;
/** A source that is slower than this stalls, however steadily it drips. */
const SLOWEST_BYTES_PER_MS = 16;

interface PartReading {
  source: BlobSource;
  stallMs: number;
  signal: AbortSignal;
  write(chunks: readonly Buffer[], start: number): Promise<void>;
}

/**
 * One try at a part: reads it from its source and writes it in batches, as fast as the disk takes them.
 *
 * @throws GatewayError `upstream_timeout` for a stall; what the source or a write throws.
 */
export async function readPart(
  { start, end }: ByteRange,
  { source, stallMs, signal, write }: PartReading,
): Promise<void> {
  const watch = new StallWatch(stallMs, stallMs + (end - start) / SLOWEST_BYTES_PER_MS, signal);
  let written: Promise<void> = Promise.resolve();
  let at = start;
  let batch: Buffer[] = [];
  let batchBytes = 0;
  const flush = async () => {
    await watch.withoutCounting(written);
    written = batchBytes > 0 ? write(batch, at) : Promise.resolve();
    written.catch(() => {}); // told where it is awaited next
    at += batchBytes;
    batch = [];
    batchBytes = 0;
  };
  try {
    for await (const chunk of (await source.read({ start, end }, watch.signal)) as AsyncIterable<Buffer>) {
      watch.sawBytes();
      if (at + batchBytes + chunk.length > end) throw tooLong();
      batch.push(chunk);
      batchBytes += chunk.length;
      if (batchBytes >= BATCH_BYTES) await flush();
    }
    if (at + batchBytes < end) throw brokenOff();
  } catch (error) {
    throw watch.stall ?? error;
  } finally {
    watch.end();
    await flush(); // also after a failure: what came need not come again
    await written;
  }
}

const tooLong = () => new GatewayError('upstream_error', 'The source sends more of the blob than asked for.');
const brokenOff = () => new GatewayError('upstream_error', 'The blob broke off before its end.');

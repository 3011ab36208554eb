import { setTimeout as pause } from 'node:timers/promises';
import { GatewayError } from '#shared/errors.ts';
import type { BlobSource, ByteRange } from '../sources/source.ts';
import { readPart } from './read-part.ts';

/** How long and how often a part is asked for again. */
export interface Patience {
  /** After failures, for each part. */
  retries: number;
  /** The first wait; each next is twice as long. */
  retryMs: number;
  /** A part without a byte for so long is asked for again. */
  stallMs: number;
  /** How often that may happen to all parts together. */
  stalls: number;
}

export interface PartTransfer {
  source: BlobSource;
  patience: Patience;
  /** Ends all parts: also when writing fails. */
  signal: AbortSignal;
  write(chunks: readonly Buffer[], start: number): Promise<void>;
  /** Counts a stall. @throws what to end with when there have been too many. */
  countStall(stall: GatewayError): void;
}

const LONGEST_WAIT_MS = 30_000;

/**
 * Brings one part, as often as it takes and patience lasts; what came before a failure does not come again.
 *
 * @throws GatewayError of the last try; the signal's reason.
 */
export async function fetchPart({ start, end }: ByteRange, transfer: PartTransfer): Promise<void> {
  const { patience, signal } = transfer;
  let written = start;
  const write = async (chunks: readonly Buffer[], at: number) => {
    await transfer.write(chunks, at);
    written = at + chunks.reduce((sum, { length }) => sum + length, 0);
  };
  for (let failures = 0; written < end; ) {
    try {
      await readPart({ start: written, end }, { ...transfer, write, stallMs: patience.stallMs });
    } catch (error) {
      signal.throwIfAborted();
      if (isStall(error)) {
        transfer.countStall(error);
      } else {
        failures += 1;
        if (failures > patience.retries || !isPassing(error)) throw error;
      }
      const waitMs = Math.min(patience.retryMs * 2 ** Math.max(0, failures - 1), LONGEST_WAIT_MS);
      await pause(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

const isStall = (error: unknown): error is GatewayError =>
  error instanceof GatewayError && error.failure === 'upstream_timeout';

/** A registry that fails, and object storage that is away for now. */
const PASSING: ReadonlySet<string> = new Set(['upstream_error', 'gateway_not_ready']);

/** What is no GatewayError is a source's connection; a failed write has ended everything by now. */
const isPassing = (error: unknown) =>
  !(error instanceof GatewayError) || (PASSING.has(error.failure) && error.shouldRetry !== false);

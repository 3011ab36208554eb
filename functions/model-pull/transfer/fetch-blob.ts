import { rm } from 'node:fs/promises';
import { GatewayError } from '#shared/errors.ts';
import { fetchPart, type PartTransfer, type Patience } from './fetch-part.ts';
import { type FollowingHash, followingHash } from './following-hash.ts';
import { Staging } from './staging.ts';
import type { Staged, Transfer } from './transfer.ts';

export interface FetchOptions extends Partial<Patience> {
  /** How many parts come at once. */
  parallel: number;
  /** Small, so that the hash is never far behind. */
  partBytes?: number;
  saveEveryBytes?: number;
  saveEveryMs?: number;
}

const MB = 1024 * 1024;
const DEFAULTS = {
  partBytes: 32 * MB,
  saveEveryMs: 2_000,
  retries: 6,
  retryMs: 1_000,
  stallMs: 30_000,
  stalls: 100,
};
type Settings = Required<FetchOptions>;

/**
 * Brings a blob into its folder, in parts side by side, and goes on with what an earlier process left there.
 * What is returned was read back from the disk and has the digest that was expected.
 *
 * @throws GatewayError `upstream_error` and `upstream_timeout` when the source fails for good or gives other bytes
 *   (then the folder is removed), `gateway_not_ready` when the disk is full; the signal's reason; what
 *   `assertMayWrite` throws.
 */
export async function fetchBlob(transfer: Transfer, options: FetchOptions): Promise<Staged> {
  const settings = { ...DEFAULTS, saveEveryBytes: options.parallel * DEFAULTS.partBytes, ...options };
  const first = await bring(transfer, settings);
  if (isExpected(first.staged, transfer)) return first.staged;
  await discard(transfer);
  // Of what an earlier process left, some may have been bad; only what comes now is the source's fault.
  if (!first.isResumed) throw mismatch(first.staged, transfer);
  const { staged } = await bring(transfer, settings);
  if (isExpected(staged, transfer)) return staged;
  await discard(transfer);
  throw mismatch(staged, transfer);
}

async function bring(
  transfer: Transfer,
  settings: Settings,
): Promise<{ staged: Staged; isResumed: boolean }> {
  const { directory, size, onProgress, signal } = transfer;
  signal.throwIfAborted();
  const staging = await Staging.open(directory, { ...transfer, ...settings });
  const hash = followingHash(staging.file, size);
  try {
    onProgress(staging.there.bytes);
    hash.advance(staging.there.frontier);
    await fetchMissing(staging, hash, transfer, settings);
    await staging.save();
    const writtenMs = await staging.writtenMs();
    const digest = await untilAborted(hash.digest(), signal);
    return { staged: { digest, size, file: staging.file, writtenMs }, isResumed: staging.isResumed };
  } finally {
    await hash.close();
    await staging.close();
  }
}

/** Each lane takes the next part that is missing, so that what comes at one time lies close together. */
async function fetchMissing(
  staging: Staging,
  hash: FollowingHash,
  { source, size, onProgress, signal }: Transfer,
  settings: Settings,
): Promise<void> {
  const stop = new AbortController();
  const follow = () => stop.abort(signal.reason);
  signal.addEventListener('abort', follow);
  let stallsLeft = settings.stalls;
  const part: PartTransfer = {
    source,
    patience: settings,
    signal: stop.signal,
    async write(chunks, start) {
      try {
        await staging.write(chunks, start);
      } catch (error) {
        stop.abort(error); // to ask again would not help
        throw error;
      }
      onProgress(staging.there.bytes);
      hash.advance(staging.there.frontier);
    },
    countStall(stall) {
      stallsLeft -= 1;
      if (stallsLeft < 0) throw stall;
    },
  };
  const parts = staging.there.missing(size, settings.partBytes);
  const lane = async () => {
    for (const range of parts) await fetchPart(range, part);
  };
  if (signal.aborted) follow();
  // None is left running behind an error of another: each ends, and then the first error is told.
  await Promise.all(
    Array.from({ length: settings.parallel }, () => lane().catch((error) => stop.abort(error))),
  );
  signal.removeEventListener('abort', follow);
  stop.signal.throwIfAborted();
}

async function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

const isExpected = ({ digest }: Staged, { expected }: Transfer) =>
  expected === undefined || digest === expected;

async function discard({ directory, assertMayWrite }: Transfer): Promise<void> {
  assertMayWrite(); // else it may be another's by now
  await rm(directory, { recursive: true, force: true });
}

const mismatch = ({ digest }: Staged, { expected }: Transfer) =>
  new GatewayError(
    'upstream_error',
    `digest mismatch, the file is not kept: want ${expected}, got ${digest}`,
    {
      shouldRetry: false,
    },
  );

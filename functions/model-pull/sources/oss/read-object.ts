import { pipeline, type Readable, Transform } from 'node:stream';
import type { ByteRange } from '../source.ts';
import { ask, type Place } from './connection.ts';
import { failureOf, StoreError } from './store-error.ts';

export interface ObjectHead {
  size: number;
  /** With its quotes. */
  etag: string;
  /** What was put beside it as `x-oss-meta-sha256`: 64 hex digits. */
  sha256: string | undefined;
}

interface Headers {
  etag?: string;
  'content-length'?: string;
  'content-range'?: string;
  'x-oss-meta-sha256'?: string;
}

/** @returns undefined when there is no such object. @throws StoreError, or the signal's reason. */
export async function headOf(
  place: Place,
  key: string,
  signal: AbortSignal,
): Promise<ObjectHead | undefined> {
  try {
    const { res } = await ask(place, signal, (client) => client.head(key));
    const headers = res.headers as Headers;
    const size = Number(headers['content-length'] ?? Number.NaN);
    if (!Number.isSafeInteger(size) || !headers.etag) throw new StoreError('refused', 'a head without size');
    return { size, etag: headers.etag, sha256: headers['x-oss-meta-sha256'] };
  } catch (error) {
    if (error instanceof StoreError && error.code === 'NoSuchKey') return undefined;
    throw error;
  }
}

export interface Reading {
  key: string;
  range: ByteRange;
  /** The version that is meant. */
  etag?: string;
  /** What it is, for the caller. */
  thing: string;
}

/**
 * Exactly these bytes of an object, or an error of the stream. To destroy it, or to abort the signal, ends the
 * connection.
 *
 * @throws GatewayError, or the signal's reason.
 */
export async function readRange(place: Place, reading: Reading, signal: AbortSignal): Promise<Readable> {
  const { key, range, etag, thing } = reading;
  const headers = {
    Range: `bytes=${range.start}-${range.end - 1}`,
    // Otherwise a range that cannot be is answered with all there is.
    'x-oss-range-behavior': 'standard',
    ...(etag && { 'If-Match': etag }),
  };
  try {
    const { stream, res } = await ask(place, signal, (client) =>
      client.getStream(key, { headers } as object),
    );
    const problem = problemOf(res as Answer, range);
    if (!problem) return pipeline(stream as Readable, exactly(range, thing, signal), () => {});
    (stream as Readable).destroy();
    throw new StoreError('refused', problem);
  } catch (error) {
    signal.throwIfAborted();
    throw failureOf(error, thing);
  }
}

interface Answer {
  status: number;
  headers: Headers;
}

function problemOf({ status, headers }: Answer, { start, end }: ByteRange): string | undefined {
  if (status !== 206) return `${status} where a range was asked for`;
  const [, first, last] = /^bytes (\d+)-(\d+)\/\d+$/.exec(headers['content-range'] ?? '') ?? [];
  if (Number(first) !== start || Number(last) !== end - 1) return 'another range';
  const length = headers['content-length'];
  return length === undefined || Number(length) === end - start
    ? undefined
    : 'another length than its range has';
}

/** Passes on as many bytes as the range has; fewer or more are an error. */
function exactly({ start, end }: ByteRange, thing: string, signal: AbortSignal): Transform {
  let left = end - start;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      left -= chunk.length;
      if (left < 0) done(new StoreError('refused', 'more bytes than were asked for'));
      else done(null, chunk);
    },
    flush(done) {
      done(left > 0 ? new StoreError('away', 'fewer bytes than were asked for') : null);
    },
    destroy(error, done) {
      if (error) done(signal.aborted ? reasonOf(signal) : failureOf(error, thing));
      else done(null);
    },
  });
}

const reasonOf = ({ reason }: AbortSignal): Error =>
  reason instanceof Error ? reason : new Error('aborted', { cause: reason });

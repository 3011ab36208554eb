import type { IncomingMessage } from 'node:http';
import { GatewayError } from '#shared/errors.ts';
import type { ByteRange } from '../source.ts';

/**
 * Holds the headers of an answer against the range that was asked for: 206 with exactly this range of a blob of this
 * size, or 200 where the range is the whole of it.
 *
 * @throws GatewayError `upstream_error`.
 */
export function assertRange(
  { statusCode, headers }: Pick<IncomingMessage, 'statusCode' | 'headers'>,
  { start, end }: ByteRange,
  size: number,
): void {
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') throw refused('sends the blob compressed');
  if (statusCode === 200) {
    if (start !== 0 || end !== size) throw refused('does not give parts of a blob');
  } else if (headers['content-range'] !== `bytes ${start}-${end - 1}/${size}`) {
    throw refused('gives another part of the blob than asked for, or a blob of another size');
  }
  const length = headers['content-length'];
  if (length !== undefined && length !== String(end - start))
    throw refused('gives another length than asked for');
}

const refused = (problem: string) =>
  new GatewayError('upstream_error', `The registry ${problem}.`, { shouldRetry: false });

import type { IncomingMessage } from 'node:http';
import { type Answer, s3Error } from './answer.ts';
import { rangedAnswer } from './byte-range.ts';
import type { RegistryState } from './registry-state.ts';

/** What the store behind the CDN says to a request that nothing is to go wrong with. */
export function cdnAnswer(
  { shelf, links }: RegistryState,
  { headers, url = '', method = '' }: IncomingMessage,
): Answer {
  if (headers.authorization !== undefined) {
    return s3Error(400, 'InvalidArgument', 'Only one auth mechanism allowed');
  }
  const use = links.use(url, method);
  if ('digest' in use) return rangedAnswer(shelf.blobs.get(use.digest)!, headers.range);
  return use.refused === 'expired'
    ? s3Error(403, 'AccessDenied', 'Request has expired')
    : s3Error(403, 'SignatureDoesNotMatch', 'The request signature we calculated does not match.');
}

import { addressV1, headerV1 } from './signature-v1.ts';
import { addressV4, headerV4 } from './signature-v4.ts';
import type { Account, Refused, SignedRequest } from './signed-request.ts';

/**
 * Whether a request is signed by this account, in any of the four ways that OSS has: V1 and V4, in a header or in the
 * address. Written from OSS's documentation ("Signature version 1", "Signature version 4"), not from the SDK.
 *
 * @returns undefined when it is.
 */
export function refusedFor(
  request: SignedRequest,
  { current: account, expired }: { current: Account; expired: readonly Account[] },
  region: string,
  nowMs: number,
): Refused | undefined {
  const token = request.headers['x-oss-security-token'];
  if (token !== undefined && expired.some(({ securityToken }) => securityToken === token))
    return 'SecurityTokenExpired';
  const { authorization = '' } = request.headers;
  if (authorization.startsWith('OSS4-HMAC-SHA256 ')) return headerV4(request, account, region, nowMs);
  if (authorization.startsWith('OSS ')) return headerV1(request, account, nowMs);
  if (request.query.has('x-oss-signature')) return addressV4(request, account, region, nowMs);
  if (request.query.has('Signature')) return addressV1(request, account, nowMs);
  return 'AccessDenied';
}

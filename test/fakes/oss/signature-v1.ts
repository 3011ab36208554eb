import { createHmac } from 'node:crypto';
import { type Account, isSkewed, type Refused, type SignedRequest } from './signed-request.ts';

export function headerV1(request: SignedRequest, account: Account, nowMs: number): Refused | undefined {
  const [, id, signature] = /^OSS ([^:]+):(.+)$/.exec(request.headers.authorization ?? '') ?? [];
  const date = request.headers['x-oss-date'] ?? request.headers.date ?? '';
  if (id !== account.accessKeyId) return 'InvalidAccessKeyId';
  if (isSkewed(Date.parse(date), nowMs)) return 'RequestTimeTooSkewed';
  if (request.headers['x-oss-security-token'] !== account.securityToken) return 'InvalidAccessKeyId';
  return signature === signatureV1(request, account, date) ? undefined : 'SignatureDoesNotMatch';
}

export function addressV1(request: SignedRequest, account: Account, nowMs: number): Refused | undefined {
  const { query } = request;
  const expires = query.get('Expires') ?? '';
  if (query.get('OSSAccessKeyId') !== account.accessKeyId) return 'InvalidAccessKeyId';
  if (query.get('security-token') !== account.securityToken) return 'InvalidAccessKeyId';
  if (!(Number(expires) * 1000 > nowMs)) return 'AccessDenied';
  return query.get('Signature') === signatureV1(request, account, expires)
    ? undefined
    : 'SignatureDoesNotMatch';
}

/** Those that are signed, in their order; other parameters are not. */
const SUBRESOURCES = ['partNumber', 'security-token', 'uploadId', 'uploads'];

function signatureV1({ method, bucket, key, headers, query }: SignedRequest, account: Account, date: string) {
  const ossHeaders = Object.keys(headers)
    .filter((name) => name.startsWith('x-oss-'))
    .sort()
    .map((name) => `${name}:${headers[name]!.trim()}\n`);
  const named = SUBRESOURCES.filter((name) => query.has(name))
    .map((name) => (query.get(name) === '' ? name : `${name}=${query.get(name)}`))
    .join('&');
  const resource = `/${bucket}/${key}${named === '' ? '' : `?${named}`}`;
  const text = [method, headers['content-md5'] ?? '', headers['content-type'] ?? '', date].join('\n');
  return createHmac('sha1', account.accessKeySecret)
    .update(`${text}\n${ossHeaders.join('')}${resource}`)
    .digest('base64');
}

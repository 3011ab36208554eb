import { createHash, createHmac } from 'node:crypto';
import { type Account, isSkewed, type Refused, type SignedRequest } from './signed-request.ts';

export function headerV4(
  request: SignedRequest,
  account: Account,
  region: string,
  nowMs: number,
): Refused | undefined {
  const parts =
    /^OSS4-HMAC-SHA256 Credential=([^,]+),(?:AdditionalHeaders=([^,]+),)?Signature=([0-9a-f]{64})$/;
  const [, credential, additional, signature] = parts.exec(request.headers.authorization ?? '') ?? [];
  const date = request.headers['x-oss-date'] ?? '';
  if (request.headers['x-oss-content-sha256'] !== 'UNSIGNED-PAYLOAD') return 'SignatureDoesNotMatch';
  if (request.headers['x-oss-security-token'] !== account.securityToken) return 'InvalidAccessKeyId';
  if (isSkewed(instantOf(date), nowMs)) return 'RequestTimeTooSkewed';
  return checkV4({ request, account, region, credential, additional, signature, date });
}

export function addressV4(
  request: SignedRequest,
  account: Account,
  region: string,
  nowMs: number,
): Refused | undefined {
  const { query } = request;
  const date = query.get('x-oss-date') ?? '';
  const endsAtMs = instantOf(date) + Number(query.get('x-oss-expires')) * 1000;
  if (query.get('x-oss-security-token') !== account.securityToken) return 'InvalidAccessKeyId';
  if (!(endsAtMs > nowMs)) return 'AccessDenied';
  const credential = query.get('x-oss-credential');
  const additional = query.get('x-oss-additional-headers');
  return checkV4({
    request,
    account,
    region,
    credential,
    additional,
    signature: query.get('x-oss-signature'),
    date,
  });
}

interface V4 {
  request: SignedRequest;
  account: Account;
  region: string;
  credential: string | undefined;
  additional: string | undefined;
  signature: string | undefined;
  date: string;
}

function checkV4({
  request,
  account,
  region,
  credential,
  additional,
  signature,
  date,
}: V4): Refused | undefined {
  const day = date.slice(0, 8);
  const scope = `${day}/${region}/oss/aliyun_v4_request`;
  if (!credential?.startsWith(`${account.accessKeyId}/`)) return 'InvalidAccessKeyId';
  if (credential !== `${account.accessKeyId}/${scope}`) return 'SignatureDoesNotMatch';
  const hashed = createHash('sha256').update(canonicalV4(request, additional)).digest('hex');
  const key = [day, region, 'oss', 'aliyun_v4_request'].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `aliyun_v4${account.accessKeySecret}`,
  );
  const text = ['OSS4-HMAC-SHA256', date, scope, hashed].join('\n');
  const expected = createHmac('sha256', key).update(text).digest('hex');
  return signature === expected ? undefined : 'SignatureDoesNotMatch';
}

function canonicalV4({ method, bucket, key, headers, query }: SignedRequest, additional = ''): string {
  const more = additional === '' ? [] : additional.split(';');
  const names = Object.keys(headers).filter(
    (name) => ['content-type', 'content-md5', ...more].includes(name) || name.startsWith('x-oss-'),
  );
  const fields = [...query]
    .filter(([name]) => name !== 'x-oss-signature')
    .map(([name, value]) => (value === '' ? encoded(name) : `${encoded(name)}=${encoded(value)}`));
  return [
    method,
    encoded(`/${bucket}/${key}`).replaceAll('%2F', '/'),
    fields.sort().join('&'),
    `${names
      .sort()
      .map((name) => `${name}:${headers[name]!.trim()}\n`)
      .join('')}`,
    additional,
    'UNSIGNED-PAYLOAD',
  ].join('\n');
}

/** RFC 3986, with all reserved characters. */
const encoded = (text: string) =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** `20261122T083000Z` */
const instantOf = (date: string) =>
  Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));

import { request } from 'node:http';
import OSS from 'ali-oss';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeOss, startFakeOss } from './fake-oss.ts';
import type { Account } from './signed-request.ts';

const BUCKET = 'lobe-files';
const REGION = 'cn-hangzhou';
const ACCOUNT = { accessKeyId: 'id', accessKeySecret: 'secret', securityToken: 'token/+=' };
const KEYS = ['files/a.png', 'files/你好 +%&=#?.png', "files/(it's)*!~.png"];

let oss: FakeOss;
beforeAll(async () => {
  oss = await startFakeOss({ bucket: BUCKET, region: REGION, account: ACCOUNT });
  for (const key of KEYS) oss.put(key, Buffer.from(key));
  oss.put('files/public.png', Buffer.from('public'), { isPublic: true });
});
afterAll(() => oss.stop());

const clientOf = (account: Partial<Account> = {}, rest: object = {}) => {
  const { accessKeyId, accessKeySecret, securityToken } = { ...ACCOUNT, ...account };
  const refreshSTSToken = async () => ({ accessKeyId, accessKeySecret, stsToken: securityToken });
  return new OSS({
    bucket: BUCKET,
    region: `oss-${REGION}`,
    endpoint: oss.endpoint,
    accessKeyId,
    accessKeySecret,
    stsToken: securityToken,
    refreshSTSToken,
    ...rest,
  } as OSS.Options);
};

/** The answer to a GET of this address, asked for at the fake. */
const got = (address: string, method = 'GET') =>
  new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    const { host, pathname, search } = new URL(address);
    const path = `${pathname}${search}`;
    request(`${oss.endpoint}${path}`, { method, headers: { host } }, (response) => {
      let body = '';
      response
        .setEncoding('utf8')
        .on('data', (text: string) => {
          body += text;
        })
        .on('end', () => resolve({ status: response.statusCode, body }));
    })
      .on('error', reject)
      .end();
  });

describe.each([
  ['V1', false],
  ['V4', true],
])('a request that ali-oss signs with %s', (_, authorizationV4) => {
  it.each(KEYS)('is let in for %s', async (key) => {
    const { content } = await clientOf({}, { authorizationV4 }).get(key);
    expect(String(content)).toBe(key);
    expect((await clientOf({}, { authorizationV4 }).head(key)).status).toBe(200);
  });

  it.each<[string, Partial<Account>, string]>([
    ['another secret', { accessKeySecret: 'guess' }, 'SignatureDoesNotMatch'],
    ['another key', { accessKeyId: 'other' }, 'InvalidAccessKeyId'],
    ['another token', { securityToken: 'old' }, 'InvalidAccessKeyId'],
  ])('with %s is not', async (_name, account, code) => {
    const client = clientOf(account, { authorizationV4 });
    await expect(client.get(KEYS[0]!)).rejects.toMatchObject({ status: 403, code });
  });

  it('is told of an object that is not there', async () => {
    const client = clientOf({}, { authorizationV4 });
    await expect(client.get('files/none.png')).rejects.toMatchObject({ status: 404, code: 'NoSuchKey' });
  });
});

it('a signature of another region is none', async () => {
  const client = clientOf({}, { authorizationV4: true, region: 'oss-cn-beijing', endpoint: oss.endpoint });
  await expect(client.get(KEYS[0]!)).rejects.toMatchObject({ status: 404, code: 'NoSuchBucket' });
});

describe('an address', () => {
  const signed = { endpoint: 'https://oss-cn-hangzhou.aliyuncs.com' };

  it.each(KEYS)('that ali-oss signed is let in until it expires, for %s', async (key) => {
    const v1 = clientOf({}, signed).signatureUrl(key, { expires: 60 });
    expect(await got(v1)).toEqual({ status: 200, body: key });
    const v4 = await clientOf({}, signed).signatureUrlV4('GET', 60, undefined, key);
    expect(await got(v4)).toEqual({ status: 200, body: key });
    expect(await got(clientOf({}, signed).signatureUrl(key, { expires: -60 }))).toMatchObject({
      status: 403,
    });
    expect(await got(v4.replace('x-oss-expires=60', 'x-oss-expires=61'))).toMatchObject({ status: 403 });
  });

  it('without a signature is let in where the object is public, and nowhere else', async () => {
    expect(await got(oss.addressOf('files/public.png'))).toEqual({ status: 200, body: 'public' });
    expect(await got(oss.addressOf(KEYS[0]!))).toMatchObject({ status: 403 });
    expect(await got(oss.addressOf('files/none.png'))).toMatchObject({ status: 403 });
  });

  it('of another bucket leads nowhere', async () => {
    expect(await got('https://other.oss-cn-hangzhou.aliyuncs.com/files/a.png')).toMatchObject({
      status: 404,
    });
  });
});

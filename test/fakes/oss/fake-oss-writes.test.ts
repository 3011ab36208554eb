import { randomBytes } from 'node:crypto';
import OSS from 'ali-oss';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeOss, startFakeOss } from './fake-oss.ts';

const ACCOUNT = { accessKeyId: 'id', accessKeySecret: 'secret', securityToken: 'token' };
const PLACE = { bucket: 'models', region: 'cn-hangzhou' };
const PART = 100 * 1024;
const KEY = 'files/a (b).bin';

let oss: FakeOss;
beforeAll(async () => {
  oss = await startFakeOss({ ...PLACE, account: ACCOUNT, mostListed: 2 });
});
afterAll(() => oss.stop());

const clientOf = (authorizationV4 = true) =>
  new OSS({
    bucket: PLACE.bucket,
    region: `oss-${PLACE.region}`,
    endpoint: oss.endpoint,
    accessKeyId: ACCOUNT.accessKeyId,
    accessKeySecret: ACCOUNT.accessKeySecret,
    stsToken: ACCOUNT.securityToken,
    refreshSTSToken: async () => ({ ...ACCOUNT, stsToken: ACCOUNT.securityToken }),
    authorizationV4,
  } as OSS.Options);

describe.each([
  ['V1', false],
  ['V4', true],
])('a client that signs with %s', (_, authorizationV4) => {
  const client = () => clientOf(authorizationV4);

  it('puts an object with headers of its own, and finds them beside it', async () => {
    const { res } = await client().put(KEY, Buffer.from('hello'), {
      headers: { 'x-oss-meta-sha256': 'abc' },
    });
    expect((res.headers as Record<string, string>).etag).toBe('"5D41402ABC4B2A76B9719D911017C592"');
    expect((await client().head(KEY)).meta).toEqual({ sha256: 'abc' });
    expect(String((await client().get(KEY)).content)).toBe('hello');
  });

  it('uploads in parts, lists them page by page, and joins them', async () => {
    const bytes = randomBytes(4 * PART + 1);
    const { uploadId } = await client().initMultipartUpload(KEY, {
      headers: { 'x-oss-meta-a': 'b' },
    } as object);
    for (let number = 5; number >= 1; number -= 1)
      await client().uploadPart(
        KEY,
        uploadId,
        number,
        bytes,
        (number - 1) * PART,
        Math.min(number * PART, bytes.length),
      );
    const pages = [];
    for (let marker = 0; marker < 5; marker = pages.at(-1)!.next) {
      const query = { 'max-parts': 1000, 'part-number-marker': marker, 'encoding-type': 'url' };
      const { parts, nextPartNumberMarker, isTruncated } = await client().listParts(KEY, uploadId, query);
      const listed = [parts].flat() as unknown as { PartNumber: string; ETag: string }[];
      pages.push({ listed, next: Number(nextPartNumberMarker), isTruncated: String(isTruncated) });
    }
    expect(
      pages.map(({ listed, isTruncated }) => [listed.map(({ PartNumber }) => PartNumber), isTruncated]),
    ).toEqual([
      [['1', '2'], 'true'],
      [['3', '4'], 'true'],
      [['5'], 'false'],
    ]);
    const tags = pages
      .flatMap(({ listed }) => listed)
      .map(({ PartNumber, ETag }) => ({ number: Number(PartNumber), etag: ETag }));
    await client().completeMultipartUpload(KEY, uploadId, tags);
    expect(oss.objects.get(KEY)?.bytes.equals(bytes)).toBe(true);
    expect(oss.objects.get(KEY)?.meta).toEqual({ 'x-oss-meta-a': 'b' });
    await expect(client().completeMultipartUpload(KEY, uploadId, tags)).rejects.toMatchObject({
      status: 404,
      code: 'NoSuchUpload',
    });
  });

  it('gives an upload up, once', async () => {
    const { uploadId } = await client().initMultipartUpload(KEY);
    await client().abortMultipartUpload(KEY, uploadId);
    await expect(client().abortMultipartUpload(KEY, uploadId)).rejects.toMatchObject({
      code: 'NoSuchUpload',
    });
    await expect(client().uploadPart(KEY, uploadId, 1, Buffer.from('a'), 0, 1)).rejects.toMatchObject({
      code: 'NoSuchUpload',
    });
  });
});

describe('parts are not joined', () => {
  it.each<[string, string, (tag: string) => { number: number; etag: string }[], number]>([
    ['with another tag', 'InvalidPart', () => [{ number: 1, etag: '"0"' }], PART],
    ['that are not there', 'InvalidPart', (etag) => [{ number: 3, etag }], PART],
    [
      'that are too small',
      'EntityTooSmall',
      (etag) => [
        { number: 1, etag },
        { number: 2, etag },
      ],
      PART - 1,
    ],
  ])('%s', async (_, code, tagsOf, size) => {
    const { uploadId } = await clientOf().initMultipartUpload(KEY);
    const { etag } = await clientOf().uploadPart(KEY, uploadId, 1, Buffer.alloc(size), 0, size);
    await clientOf().uploadPart(KEY, uploadId, 2, Buffer.alloc(size), 0, size);
    await expect(clientOf().completeMultipartUpload(KEY, uploadId, tagsOf(etag))).rejects.toMatchObject({
      status: 400,
      code,
    });
    await clientOf().abortMultipartUpload(KEY, uploadId);
  });
});

it('bytes with another MD5 than is said are refused', async () => {
  const headers = { 'Content-MD5': Buffer.alloc(16).toString('base64') };
  await expect(clientOf().put('files/new', Buffer.from('a'), { headers })).rejects.toMatchObject({
    status: 400,
    code: 'InvalidDigest',
  });
  expect(oss.objects.has('files/new')).toBe(false);
});

describe('a range', () => {
  const got = async (headers: Record<string, string>) => {
    oss.put('files/ten', Buffer.from('0123456789'));
    const { res, content } = await clientOf().get('files/ten', undefined, { headers });
    const answered = res.headers as Record<string, string>;
    return [res.status, String(content), answered['content-range']];
  };
  const standard = { 'x-oss-range-behavior': 'standard' };

  it.each<[string, Record<string, string>, unknown[]]>([
    ['of the middle', { Range: 'bytes=2-4' }, [206, '234', 'bytes 2-4/10']],
    ['to the end', { Range: 'bytes=8-' }, [206, '89', 'bytes 8-9/10']],
    ['from the end', { Range: 'bytes=-3' }, [206, '789', 'bytes 7-9/10']],
    ['that is too long', { Range: 'bytes=8-10' }, [200, '0123456789', undefined]],
    ['that is too long, by the standard', { Range: 'bytes=8-10', ...standard }, [206, '89', 'bytes 8-9/10']],
    ['that is outside', { Range: 'bytes=10-12' }, [200, '0123456789', undefined]],
    ['that is none', { Range: 'bits=1-2' }, [200, '0123456789', undefined]],
  ])('%s is as OSS says', async (_, headers, expected) => {
    expect(await got(headers)).toEqual(expected);
  });

  it('that is outside is an error by the standard', async () => {
    await expect(got({ Range: 'bytes=10-12', ...standard })).rejects.toMatchObject({
      status: 416,
      code: 'InvalidRange',
    });
  });

  it('of another version is refused', async () => {
    const etag = '"781E5E245D69B566979B86E28D23F2C7"';
    expect(await got({ Range: 'bytes=0-0', 'If-Match': etag })).toEqual([206, '0', 'bytes 0-0/10']);
    await expect(got({ 'If-Match': '"other"' })).rejects.toMatchObject({
      status: 412,
      code: 'PreconditionFailed',
    });
  });
});

it('an expired token is told as such', async () => {
  const next = { ...ACCOUNT, securityToken: 'next' };
  oss.renew(next);
  await expect(clientOf().get(KEY)).rejects.toMatchObject({ status: 403, code: 'SecurityTokenExpired' });
  await expect(clientOf().head(KEY)).rejects.toMatchObject({ status: 403, code: 'SecurityTokenExpired' });
  oss.renew(ACCOUNT);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ImageBuckets } from './image-buckets.ts';
import { namedObject } from './named-object.ts';

const buckets = ImageBuckets.parse(
  JSON.stringify([
    {
      bucket: 'lobe-files',
      region: 'cn-hangzhou',
      prefixes: ['files/', '头像/'],
      domains: ['img.example.com'],
    },
    { bucket: 'other', region: 'cn-beijing', prefixes: ['a/b/'] },
    { bucket: 'other', region: 'cn-beijing', prefixes: ['c/'] },
  ]),
);
const HOST = 'lobe-files.oss-cn-hangzhou.aliyuncs.com';
const keyAt = (address: string) => namedObject(address, buckets)?.key;

describe('an address names an object', () => {
  it.each([
    [`https://${HOST}/files/a.png`, 'files/a.png'],
    [`http://${HOST}/files/a.png`, 'files/a.png'],
    [`HTTPS://${HOST.toUpperCase()}/files/a.png`, 'files/a.png'],
    ['https://lobe-files.oss-cn-hangzhou-internal.aliyuncs.com/files/a.png', 'files/a.png'],
    ['https://img.example.com/files/a.png', 'files/a.png'],
    ['https://other.oss-cn-beijing.aliyuncs.com/a/b/c', 'a/b/c'],
    ['https://other.oss-cn-beijing.aliyuncs.com/c/a.png', 'c/a.png'],
    [`https://${HOST}/files/%E5%9B%BE%20+%25.png`, 'files/图 +%.png'],
    [`https://${HOST}/files/图.png`, 'files/图.png'],
    [`https://${HOST}/%E5%A4%B4%E5%83%8F/a.png`, '头像/a.png'],
    [`https://${HOST}/files/a..png`, 'files/a..png'],
    [`https://${HOST}/files/a.png?Expires=1&OSSAccessKeyId=x&Signature=y%2Fz`, 'files/a.png'],
    [`https://${HOST}/files/a.png?X-Amz-Signature=0&x=/../`, 'files/a.png'],
    [`https://${HOST}/files/a.png#part`, 'files/a.png'],
  ])('%s', (address, key) => {
    expect(keyAt(address)).toBe(key);
  });

  it('is in the bucket that has the host', () => {
    expect(namedObject('https://other.oss-cn-beijing.aliyuncs.com/a/b/c', buckets)?.bucket).toBe(buckets[1]);
  });
});

describe('an address is refused that', () => {
  it.each([
    ['has another host', 'https://example.com/files/a.png'],
    ['has the host of another region', 'https://lobe-files.oss-cn-beijing.aliyuncs.com/files/a.png'],
    ['has a host that only begins so', `https://${HOST}.example.com/files/a.png`],
    ['has a host that only ends so', `https://x${HOST}/files/a.png`],
    ['has a host with a dot at its end', `https://${HOST}./files/a.png`],
    ['has an IP address', 'http://169.254.169.254/files/a.png'],
    ['has an IP address in brackets', 'http://[::1]/files/a.png'],
    ['has an IP address as a number', 'http://2852039166/files/a.png'],
    ['has a port', `https://${HOST}:443/files/a.png`],
    ['has userinfo', `https://u:p@${HOST}/files/a.png`],
    ['has the host as userinfo', `https://${HOST}@example.com/files/a.png`],
    ['has a backslash after the host', `https://${HOST}\\@example.com/files/a.png`],
    ['has another scheme', `ftp://${HOST}/files/a.png`],
    ['is a file', 'file:///etc/passwd'],
    ['has no scheme', `//${HOST}/files/a.png`],
    ['begins with a blank', ` https://${HOST}/files/a.png`],
    ['has a line end', `https://${HOST}/files/a\n.png`],
    ['has a tab in its host', `https://lobe-\tfiles.oss-cn-hangzhou.aliyuncs.com/files/a.png`],
    ['names nothing', `https://${HOST}/`],
    ['names a folder', `https://${HOST}/files/`],
    ['is outside of the prefixes', `https://${HOST}/secret/a.png`],
    ['has a prefix that only begins so', `https://${HOST}/files-of-others/a.png`],
    ['goes up', `https://${HOST}/files/../secret/a.png`],
    ['goes up in an escape', `https://${HOST}/files/%2e%2E/secret/a.png`],
    ['has a dot for a folder', `https://${HOST}/files/./a.png`],
    ['has two slashes', `https://${HOST}/files//a.png`],
    ['begins with two slashes', `https://${HOST}//files/a.png`],
    ['has an escaped slash', `https://${HOST}/files%2Fa.png`],
    ['has an escaped backslash', `https://${HOST}/files/..%5ca.png`],
    ['has an escaped NUL', `https://${HOST}/files/a%00.png`],
    ['has an escaped line end', `https://${HOST}/files/a%0d%0a.png`],
    ['is escaped wrongly', `https://${HOST}/files/%zz.png`],
    ['is no UTF-8', `https://${HOST}/files/%ff.png`],
    ['has half a character', `https://${HOST}/files/\ud800.png`],
    ['has the prefix escaped twice', `https://${HOST}/files%252Fa.png`],
    ['is too long', `https://${HOST}/files/${'a'.repeat(1100)}`],
    ['is far too long', `https://${HOST}/files/a?${'a'.repeat(5000)}`],
    ['is empty', ''],
  ])('%s', (_, address) => {
    expect(keyAt(address)).toBeUndefined();
  });

  it('is any, where no bucket is named', () => {
    expect(namedObject(`https://${HOST}/files/a.png`, [])).toBeUndefined();
  });
});

it('what is named is always below a prefix, without a way out of it', () => {
  const part = fc.constantFrom(
    '..',
    '.',
    '',
    'files',
    '%2e',
    '%2f',
    '%5c',
    '%25',
    'a b',
    '?',
    '#',
    '\\',
    '@',
    ':',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string())), (parts) => {
      const key = keyAt(`https://${HOST}/files/${parts.join('/')}`);
      if (key === undefined) return;
      expect(key.startsWith('files/')).toBe(true);
      const path = key.split('/').map(encodeURIComponent).join('/');
      expect(new URL(`https://host/${path}`).pathname).toBe(`/${path}`);
    }),
    { numRuns: 2_000 },
  );
});

import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '#shared/config.ts';
import { thrownBy } from '#shared/fixtures/streams.ts';
import { RouterConfig } from '../config.ts';
import { ImageBuckets } from './image-buckets.ts';
import { imageSettings } from './image-settings.ts';

const BUCKET = { bucket: 'lobe-files', region: 'cn-hangzhou', prefixes: ['files/'] };
const read = (...buckets: unknown[]) => ImageBuckets.parse(JSON.stringify(buckets));

describe('a bucket of images', () => {
  it('is known by its hosts and read where its region is', () => {
    expect(read(BUCKET)).toEqual([
      {
        name: 'lobe-files',
        region: 'cn-hangzhou',
        prefixes: ['files/'],
        endpoint: 'https://oss-cn-hangzhou.aliyuncs.com',
        hosts: new Set([
          'lobe-files.oss-cn-hangzhou.aliyuncs.com',
          'lobe-files.oss-cn-hangzhou-internal.aliyuncs.com',
        ]),
      },
    ]);
  });

  it('may have a domain of its own and be read elsewhere', () => {
    const endpoint = 'https://oss-cn-hangzhou-internal.aliyuncs.com';
    const [bucket] = read({ ...BUCKET, domains: ['img.example.com'], endpoint });
    expect(bucket?.hosts.has('img.example.com')).toBe(true);
    expect(bucket?.endpoint).toBe(endpoint);
  });

  it.each<[string, object]>([
    ['no prefix', { prefixes: [] }],
    ['an empty prefix', { prefixes: [''] }],
    ['a prefix without its slash', { prefixes: ['files'] }],
    ['a prefix that is all', { prefixes: ['/'] }],
    ['a name that is none', { bucket: 'a.b' }],
    ['a region that is none', { region: 'evil.example.com/' }],
    ['an IP address for a domain', { domains: ['169.254.169.254'] }],
    ['a domain with a port', { domains: ['img.example.com:80'] }],
    ['an endpoint of another scheme', { endpoint: 'ftp://host' }],
    ['a field that nobody knows', { prefix: 'files/' }],
  ])('is refused with %s', (_, rest) => {
    expect(ImageBuckets.safeParse(JSON.stringify([{ ...BUCKET, ...rest }])).success).toBe(false);
  });

  it.each(['nonsense', '{}', '[1]'])('is not read from %s', (text) => {
    expect(ImageBuckets.safeParse(text).success).toBe(false);
  });
});

describe('the router', () => {
  const least = { DATABASE_URL: 'postgres://host/db', KEY_PEPPER: 'x'.repeat(32) };
  const IMAGE_BUCKETS = JSON.stringify([BUCKET]);
  const role = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: 'STS.id',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'role secret',
    ALIBABA_CLOUD_SECURITY_TOKEN: 'token',
  };
  const own = { IMAGE_ACCESS_KEY_ID: 'id', IMAGE_ACCESS_KEY_SECRET: 'secret' };
  const settings = (environment: Record<string, string> = {}) =>
    imageSettings(readConfig(RouterConfig, { ...least, ...environment }));

  it('fetches nothing where no bucket is named', () => {
    expect(settings().buckets).toEqual([]);
    expect(settings({ IMAGE_BUCKETS: '' }).buckets).toEqual([]);
  });

  it('reads with the function’s role, or with a key of its own where it has one', () => {
    expect(settings({ IMAGE_BUCKETS, ...role }).credentials).toEqual({
      accessKeyId: 'STS.id',
      accessKeySecret: 'role secret',
      securityToken: 'token',
    });
    expect(settings({ IMAGE_BUCKETS, ...role, ...own }).credentials).toEqual({
      accessKeyId: 'id',
      accessKeySecret: 'secret',
    });
  });

  it('does not start with buckets and nothing to read them with', () => {
    expect(thrownBy(() => settings({ IMAGE_BUCKETS }))).toBeInstanceOf(ConfigError);
    expect(thrownBy(() => settings({ IMAGE_BUCKETS, IMAGE_ACCESS_KEY_ID: 'id' }))).toBeInstanceOf(
      ConfigError,
    );
  });

  it('names the setting that is wrong', () => {
    const thrown = thrownBy(() => settings({ IMAGE_BUCKETS: '[{}]', ...role }));
    expect(String(thrown)).toContain('IMAGE_BUCKETS.0.bucket');
  });
});

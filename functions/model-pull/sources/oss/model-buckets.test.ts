import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ConfigError, readConfig } from '#shared/config.ts';
import { thrownBy } from '#shared/fixtures/streams.ts';
import { BucketConfig, bucketSettings } from './bucket-settings.ts';
import { ModelBuckets, mirrorOf } from './model-buckets.ts';

const BUCKET = { bucket: 'company-models', region: 'cn-hangzhou', prefix: 'llm/', use: ['mirror', 'gguf'] };
const read = (...buckets: unknown[]) => ModelBuckets.parse(JSON.stringify(buckets));

describe('a bucket of models', () => {
  it('is asked where its region is', () => {
    expect(read(BUCKET)).toEqual([
      {
        name: 'company-models',
        region: 'cn-hangzhou',
        prefix: 'llm/',
        endpoint: 'https://oss-cn-hangzhou.aliyuncs.com',
        use: ['mirror', 'gguf'],
      },
    ]);
  });

  it('may be asked elsewhere, and be there for models alone', () => {
    const endpoint = 'https://oss-cn-hangzhou-internal.aliyuncs.com';
    expect(read({ ...BUCKET, endpoint, prefix: '' })).toMatchObject([{ endpoint, prefix: '' }]);
  });

  it.each<[string, object]>([
    ['no prefix', { prefix: undefined }],
    ['a prefix without its slash', { prefix: 'llm' }],
    ['a prefix that is all', { prefix: '/' }],
    ['a prefix that begins with a slash', { prefix: '/llm/' }],
    ['a prefix that goes up', { prefix: 'llm/../' }],
    ['a prefix that stays where it is', { prefix: './llm/' }],
    ['a prefix with two slashes', { prefix: 'llm//' }],
    ['a prefix with a backslash', { prefix: 'a\\b/' }],
    ['a prefix with a line end', { prefix: 'a\nb/' }],
    ['a name that is none', { bucket: 'a.b' }],
    ['a region that is none', { region: 'evil.example.com/' }],
    ['an endpoint of another scheme', { endpoint: 'ftp://host' }],
    ['no use', { use: [] }],
    ['a use that nobody knows', { use: ['images'] }],
    ['a field that nobody knows', { prefixes: ['llm/'] }],
  ])('is refused with %s', (_, rest) => {
    expect(ModelBuckets.safeParse(JSON.stringify([{ ...BUCKET, ...rest }])).success).toBe(false);
  });

  it.each(['nonsense', '{}', '[1]'])('is not read from %s', (text) => {
    expect(ModelBuckets.safeParse(text).success).toBe(false);
  });

  it('is the mirror alone', () => {
    const plain = { ...BUCKET, use: ['gguf'] };
    const other = { ...BUCKET, prefix: 'other/', use: ['mirror'] };
    expect(mirrorOf(read(plain, other))?.prefix).toBe('other/');
    expect(mirrorOf(read(plain))).toBeUndefined();
    expect(ModelBuckets.safeParse(JSON.stringify([BUCKET, other])).success).toBe(false);
  });
});

describe('the puller', () => {
  const MODEL_BUCKETS = JSON.stringify([BUCKET]);
  const role = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: 'STS.id',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'role secret',
    ALIBABA_CLOUD_SECURITY_TOKEN: 'token',
  };
  const own = { MODEL_ACCESS_KEY_ID: 'id', MODEL_ACCESS_KEY_SECRET: 'secret' };
  const settings = (environment: Record<string, string> = {}) =>
    bucketSettings(readConfig(z.object(BucketConfig), environment));

  it('has no object storage where no bucket is named', () => {
    expect(settings().buckets).toEqual([]);
    expect(settings({ MODEL_BUCKETS: '' }).buckets).toEqual([]);
  });

  it('opens it with the function’s role, or with a key of its own where it has one', () => {
    expect(settings({ MODEL_BUCKETS, ...role }).credentials?.()).toEqual({
      accessKeyId: 'STS.id',
      accessKeySecret: 'role secret',
      securityToken: 'token',
    });
    expect(settings({ MODEL_BUCKETS, ...role, ...own }).credentials?.()).toEqual({
      accessKeyId: 'id',
      accessKeySecret: 'secret',
    });
  });

  it('does not start with buckets and nothing to open them with', () => {
    expect(thrownBy(() => settings({ MODEL_BUCKETS }))).toBeInstanceOf(ConfigError);
    expect(thrownBy(() => settings({ MODEL_BUCKETS, MODEL_ACCESS_KEY_ID: 'id' }))).toBeInstanceOf(
      ConfigError,
    );
  });

  it('names the setting that is wrong', () => {
    const thrown = thrownBy(() => settings({ MODEL_BUCKETS: '[{}]', ...role }));
    expect(String(thrown)).toContain('MODEL_BUCKETS.0.bucket');
  });
});

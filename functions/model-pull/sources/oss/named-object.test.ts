import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thrownBy } from '#shared/fixtures/streams.ts';
import { ModelBuckets } from './model-buckets.ts';
import { namedObject } from './named-object.ts';

const place = (bucket: string, prefix: string, ...use: string[]) => ({
  bucket,
  region: 'cn-hangzhou',
  prefix,
  use,
});
const buckets = ModelBuckets.parse(
  JSON.stringify([
    place('company-models', 'llm/', 'gguf'),
    place('company-models', '模型/', 'gguf'),
    place('open', '', 'gguf'),
    place('mirror', '', 'mirror'),
  ]),
);
const keyOf = (address: string) => namedObject(address, buckets).key;

describe('an address names a file', () => {
  it.each([
    ['oss://company-models/llm/a.gguf', 'llm/a.gguf'],
    ['oss://company-models/llm/a/b c+%2F?#&.gguf', 'llm/a/b c+%2F?#&.gguf'],
    ['oss://company-models/模型/千问.gguf', '模型/千问.gguf'],
    ['oss://company-models/llm/a..gguf', 'llm/a..gguf'],
    ['oss://open/a.gguf', 'a.gguf'],
  ])('%s', (address, key) => {
    expect(keyOf(address)).toBe(key);
  });
});

describe('an address names nothing when it', () => {
  it.each([
    ['is of another scheme', 'https://company-models/llm/a.gguf'],
    ['is of another bucket', 'oss://others/llm/a.gguf'],
    ['is in the mirror, which is no place for plain files', 'oss://mirror/a.gguf'],
    ['is outside of the prefixes', 'oss://company-models/secret/a.gguf'],
    ['has a prefix that only begins so', 'oss://company-models/llm-of-others/a.gguf'],
    ['names the prefix', 'oss://company-models/llm/'],
    ['names a folder', 'oss://company-models/llm/a/'],
    ['goes up', 'oss://company-models/llm/../secret/a.gguf'],
    ['ends by going up', 'oss://company-models/llm/..'],
    ['has a dot for a folder', 'oss://company-models/llm/./a.gguf'],
    ['has two slashes', 'oss://company-models/llm//a.gguf'],
    ['begins with two slashes', 'oss://open//a.gguf'],
    ['has a backslash', 'oss://company-models/llm/..\\a.gguf'],
    ['has a NUL', 'oss://company-models/llm/a\u0000.gguf'],
    ['has a line end', 'oss://company-models/llm/a\r\n.gguf'],
    ['has half a character', 'oss://company-models/llm/\ud800.gguf'],
    ['has a port', 'oss://company-models:80/llm/a.gguf'],
    ['has somebody’s name in it', 'oss://me@company-models/llm/a.gguf'],
    ['is too long', `oss://company-models/llm/${'a'.repeat(1020)}`],
    ['has no key', 'oss://open/'],
    ['is empty', ''],
  ])('%s', (_, address) => {
    expect(thrownBy(() => keyOf(address))).toMatchObject({ failure: 'invalid_request', param: 'from' });
  });

  it('is any, where no bucket is listed', () => {
    expect(thrownBy(() => namedObject('oss://open/a', [], 'files'))).toMatchObject({ param: 'files' });
  });
});

it('what is named is always below a prefix, without a way out of it', () => {
  const part = fc.constantFrom('..', '.', '', 'llm', '%2e', '\\', '/', '?', '#', 'oss://open/');
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string())), (parts) => {
      const address = `oss://company-models/llm/${parts.join('/')}`;
      let key: string;
      try {
        key = keyOf(address);
      } catch {
        return;
      }
      expect(address.endsWith(key) && key.startsWith('llm/')).toBe(true);
      const path = key.split('/').map(encodeURIComponent).join('/');
      expect(new URL(`https://host/${path}`).pathname).toBe(`/${path}`);
    }),
    { numRuns: 2_000 },
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { takePathKey, withoutKeys } from './path-key.ts';

describe('a key at the front of a path', () => {
  it.each([
    ['/k/sk-a-b/api/chat', '/api/chat', 'sk-a-b'],
    ['/k/sk-a-b/v1/models?x=1', '/v1/models?x=1', 'sk-a-b'],
    ['/k/sk-a-b', '/', 'sk-a-b'],
    ['/k/sk-a-b/', '/', 'sk-a-b'],
    ['/k/sk-a-b?x=/k/c', '/?x=/k/c', 'sk-a-b'],
    ['/k//api/chat', '/api/chat', ''],
    ['/k/anything else/k/b/x', '/k/b/x', 'anything else'],
    ['http://gateway.example:80/k/sk-a-b/api/chat', '/api/chat', 'sk-a-b'],
  ])('of %s is taken off', (path, url, key) => {
    expect(takePathKey(path)).toEqual({ url, key });
  });

  it.each(['/', '/k', '/v1/k/x', '/kk/x/y', '//k/x/y', '*', '', 'http://host/v1/models', '/?/k/x/'])(
    'is not in %j',
    (url) => {
      expect(takePathKey(url)).toEqual({ url, key: undefined });
    },
  );

  it('is never a part of what is left', () => {
    const key = fc.stringMatching(/^sk-[0-9A-Za-z]{12}-[0-9A-Za-z]{38}$/);
    fc.assert(
      fc.property(key, fc.webPath(), (shown, rest) => {
        const taken = takePathKey(`/k/${shown}${rest}`);
        expect(taken.key).toBe(shown);
        expect(taken.url).not.toContain(shown);
        expect(withoutKeys(`/x/${shown}${rest}`)).not.toContain(shown);
      }),
    );
  });
});

it.each([
  ['/v1/k/abc/models', '/v1/k/…/models'],
  ['//k/abc', '//k/…'],
  ['/api/sk-abc-def', '/api/sk-…'],
  ['/SK-abc/x', '/sk-…/x'],
  ['/%6B/sk%2Dabc-def/v1', '/%6B/sk-…/v1'],
  ['/v1/models/qwen3:8b', '/v1/models/qwen3:8b'],
])('a path is shown without what may be a key: %s', (path, shown) => {
  expect(withoutKeys(path)).toBe(shown);
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readChallenge } from './challenge.ts';
import { challengeAddress } from './challenge-address.ts';

const HEADER = 'Bearer realm="https://r.example/token",service="r.example",scope="repository:library/m:pull"';

describe('a challenge', () => {
  it('says where to get a token', () => {
    const { realm, service, scope } = readChallenge(HEADER, 'https://r.example');
    expect([realm.href, service, scope]).toEqual([
      'https://r.example/token',
      'r.example',
      'repository:library/m:pull',
    ]);
  });

  it.each([
    ['https://hf.co', 'https://huggingface.co/v2/token'],
    ['https://registry.ollama.ai', 'https://ollama.com/token'],
    ['http://10.0.0.5:5000', 'http://10.0.0.5:5000/token'],
    ['http://10.0.0.5:5000', 'https://10.0.0.5:5000/token'],
  ])('of %s may name %s', (registry, realm) => {
    expect(readChallenge(`bearer realm="${realm}"`, registry).realm.href).toBe(realm);
  });

  it.each([
    ['https://r.example', 'https://evil.example/token'],
    ['https://r.example', 'http://r.example/token'],
    ['https://r.example', 'https://r.example:444/token'],
    ['https://r.example', 'https://who:what@r.example/token'],
    ['https://r.example', 'https://r.example.evil.example/token'],
    ['https://hf.co', 'https://ollama.com/token'],
    ['https://hf.co', 'http://huggingface.co/token'],
    ['https://hf.co', 'https://evil.huggingface.co/token'],
    ['https://ollama.com', 'https://registry.ollama.ai/token'],
  ])('of %s may not name %s', (registry, realm) => {
    expect(() => readChallenge(`Bearer realm="${realm}"`, registry)).toThrow('is not that of');
  });

  it.each([
    undefined,
    '',
    'Basic realm="https://r.example/"',
    'Bearer',
    'Bearer scope="x"',
    'Bearer realm="x"',
  ])('%j is none', (header) =>
    expect(() => readChallenge(header, 'https://r.example')).toThrow('unauthorized'),
  );
});

describe('the address of a token', () => {
  const challenge = { realm: new URL('https://r.example/token?b=1&account=a%20b'), service: 'it (*)' };

  it('is written as Go writes it', () => {
    const address = challengeAddress(
      { ...challenge, scope: 'repository:a/m:pull x' },
      'n-_',
      1_700_000_000_999,
    );
    expect(address.href).toBe(
      'https://r.example/token?account=a+b&b=1&nonce=n-_&scope=repository%3Aa%2Fm%3Apull&scope=x&service=it+%28%2A%29&ts=1700000000',
    );
  });

  it('says what it was given, whatever that is', () => {
    void fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (service) => {
        const { searchParams } = challengeAddress({ ...challenge, service, scope: '' }, 'n', 0);
        expect(searchParams.get('service')).toBe(service.toWellFormed());
      }),
    );
  });
});

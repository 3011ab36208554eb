import { describe, expect, it } from 'vitest';
import { hmacMatches, keyHmac } from './key-hmac.ts';
import { newKeyToken } from './key-token.ts';

const PEPPER = 'p'.repeat(32);

describe('what is stored of a key', () => {
  it('is the HMAC-SHA-256 of the whole token with the pepper', () => {
    expect(keyHmac('what do ya want for nothing?', 'Jefe').toString('hex')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843', // RFC 4231, test case 2
    );
  });

  it('matches the same token with the same pepper, and nothing else', () => {
    const { token } = newKeyToken();
    const stored = keyHmac(token, PEPPER);
    expect(hmacMatches(stored, keyHmac(token, PEPPER))).toBe(true);
    expect(hmacMatches(stored, keyHmac(`${token.slice(0, -1)}!`, PEPPER))).toBe(false);
    expect(hmacMatches(stored, keyHmac(token, `${PEPPER}q`))).toBe(false);
    expect(hmacMatches(stored.subarray(1), stored)).toBe(false);
    expect(hmacMatches(Buffer.alloc(0), stored)).toBe(false);
  });

  it('does not show the token', () => {
    expect(keyHmac('sk-abc', PEPPER).toString('latin1')).not.toContain('sk-abc');
  });
});

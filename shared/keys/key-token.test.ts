import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newKeyToken, publicIdOf } from './key-token.ts';

const FORM = /^sk-[0-9A-Za-z]{12}-[0-9A-Za-z]{38}$/;
const anyToken = fc.constant(null).map(() => newKeyToken().token);
/** A character of the token's own alphabet, or any other. */
const anyCharacter = fc.oneof(
  fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_, \n'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
);

describe('a new key', () => {
  it('has the form, tells its public id, and its checksum holds', () => {
    for (let made = 0; made < 2_000; made += 1) {
      const { token, publicId, prefix } = newKeyToken();
      expect(token).toMatch(FORM);
      expect(publicIdOf(token)).toBe(publicId);
      expect(token.startsWith(`${prefix}-`)).toBe(true);
      expect(prefix).toBe(`sk-${publicId}`);
    }
  });

  it('is like no other, and uses all of its alphabet evenly', () => {
    const bodies = Array.from({ length: 2_000 }, () => newKeyToken().token.slice(3, 48).replace('-', ''));
    expect(new Set(bodies).size).toBe(2_000);
    const counts = new Map<string, number>();
    for (const character of bodies.join('')) counts.set(character, (counts.get(character) ?? 0) + 1);
    const even = (2_000 * 44) / 62;
    expect(counts.size).toBe(62);
    for (const count of counts.values()) expect(Math.abs(count - even)).toBeLessThan(even * 0.2); // over 7 sigma
  });
});

describe('a token', () => {
  it('is refused when any one character is another', () => {
    fc.assert(
      fc.property(anyToken, fc.nat(53), anyCharacter, (token, at, character) => {
        fc.pre(token[at] !== character);
        expect(publicIdOf(token.slice(0, at) + character + token.slice(at + 1))).toBeUndefined();
      }),
      { numRuns: 5_000 },
    );
  });

  it('is refused when a character is missing, doubled or swapped with its neighbour', () => {
    fc.assert(
      fc.property(anyToken, fc.nat(52), (token, at) => {
        const [one, two] = [token[at]!, token[at + 1]!];
        const head = token.slice(0, at);
        expect(publicIdOf(head + token.slice(at + 1))).toBeUndefined();
        expect(publicIdOf(head + one + token.slice(at))).toBeUndefined();
        if (one !== two) expect(publicIdOf(head + two + one + token.slice(at + 2))).toBeUndefined();
      }),
    );
  });

  it.each([
    '',
    'sk-',
    'sk-test',
    `sk-${'a'.repeat(48)}`,
    `sk-${'a'.repeat(12)}-${'a'.repeat(38)}`,
    '中'.repeat(54),
  ])('is refused when it is none: %s', (text) => {
    expect(publicIdOf(text)).toBeUndefined();
  });

  it('is refused with anything before or after it', () => {
    const { token } = newKeyToken();
    for (const other of [
      ` ${token}`,
      `${token} `,
      `${token}\n`,
      `Bearer ${token}`,
      `${token},${token}`,
      token.toLowerCase(),
    ]) {
      expect(publicIdOf(other)).toBeUndefined();
    }
  });
});

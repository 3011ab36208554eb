import { describe, expect, it } from 'vitest';
import { readDuration, readExpiry } from './expiry.ts';
import { Refusal } from './refusal.ts';

describe('a time span as people write it', () => {
  it.each([
    ['0', 0],
    ['90s', 90_000],
    ['15m', 900_000],
    ['24h', 86_400_000],
    ['30d', 2_592_000_000],
    ['2w', 1_209_600_000],
  ])('is, as %s, %i ms', (text, ms) => {
    expect(readDuration(text)).toBe(ms);
  });

  it.each(['', '1', '-1d', '1.5h', '1y', '10 d', '1dd', '99999d', '1000000000s'])('is not %j', (text) => {
    expect(() => readDuration(text)).toThrow(Refusal);
  });
});

describe('an expiry as people write it', () => {
  it.each([
    ['30d', { afterMs: 2_592_000_000 }],
    ['2027-01-31', { day: '2027-01-31' }],
    ['2027-01-31T18:00:00+08:00', { at: '2027-01-31T18:00:00+08:00' }],
    ['2027-01-31T18:00:00Z', { at: '2027-01-31T18:00:00Z' }],
  ])('is, as %s, %j', (text, expiry) => {
    expect(readExpiry(text)).toEqual(expiry);
  });

  it.each(['', '0', '0d', 'never', '2027-02-29', '31.01.2027', '2027-01-31T18:00', '2027-01-31 18:00:00'])(
    'is not %j',
    (text) => {
      expect(() => readExpiry(text)).toThrow(Refusal);
    },
  );
});

import { expect, it } from 'vitest';
import { showBytes, showSeconds } from './measures.ts';

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 KB'],
  [999_949, '999.9 KB'],
  [999_951, '1.0 MB'],
  [4_683_087_332, '4.7 GB'],
  [2e15, '2000.0 TB'],
])('%i bytes are %s', (bytes, shown) => {
  expect(showBytes(bytes)).toBe(shown);
});

it.each([
  [0.2, '1s'],
  [59.5, '1m00s'],
  [200, '3m20s'],
  [3599.9, '1h00m'],
  [7500, '2h05m'],
])('%f seconds are %s', (seconds, shown) => {
  expect(showSeconds(seconds)).toBe(shown);
});

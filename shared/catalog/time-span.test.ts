import { expect, it } from 'vitest';
import { readTimeSpan, showTimeSpan } from './time-span.ts';

it.each([
  ['500ms', 500],
  ['5s', 5_000],
  ['2m', 120_000],
  ['1h', 3_600_000],
  ['90s', 90_000],
  ['596h', 2_145_600_000],
])('%s is %i ms, and shown so that it is read as that', (text, ms) => {
  expect(readTimeSpan(text)).toBe(ms);
  expect(readTimeSpan(showTimeSpan(ms))).toBe(ms);
});

it.each(['', '0s', '5', '-5s', '1.5s', '1d', '597h', '5s ', 's'])('%j is no time-out', (text) => {
  expect(() => readTimeSpan(text)).toThrow(/is no time-out/);
});

import { expect, it } from 'vitest';
import { isBase64 } from './base64.ts';

it.each(['QUJD', 'QUI=', 'QQ==', 'QU\r\nJD\n', 'QQ\n==\n', 'QQ=\n=\r\n'])('is base64: %j', (text) => {
  expect(isBase64(text)).toBe(true);
});

it.each(['', '=', 'QU=D', 'QQ===', 'QUJD!', 'Q-_D', 'QU JD', 'data:QUJD'])('is none: %j', (text) => {
  expect(isBase64(text)).toBe(false);
});

// A pattern that tries all ways to read this takes ten seconds.
it('is told at once of line ends without end', () => {
  expect(isBase64(`A${'\n'.repeat(150_000)}!`)).toBe(false);
  expect(isBase64(`A${'\n'.repeat(150_000)}`)).toBe(true);
});

import { expect, it } from 'vitest';
import { isSettableHeader } from './header-names.ts';

it.each(['authorization', 'api-key', 'User-Agent', 'accept', 'x-dashscope-sse', 'cookie'])(
  '%s may be set',
  (name) => {
    expect(isSettableHeader(name)).toBe(true);
  },
);

it.each([
  'Host',
  'content-length',
  'Transfer-Encoding',
  'connection',
  'content-type',
  'accept-encoding',
  'X-Fc-Invocation-Type',
  '',
  'a b',
  'a:b',
  'a\r\nb',
  'ключ',
  ':authority',
])('%j may not be set', (name) => {
  expect(isSettableHeader(name)).toBe(false);
});

import { expect, it } from 'vitest';
import type { HeaderRules } from '#shared/catalog/catalog.ts';
import { applyHeaderRules } from './header-rules.ts';

const HEADERS = { accept: 'text/event-stream', authorization: 'Bearer secret' };
const ruled = (rules: Partial<HeaderRules>) =>
  applyHeaderRules(HEADERS, { rename: {}, remove: [], set: {}, ...rules });

it.each<[string, Partial<HeaderRules>, Record<string, string>]>([
  ['without rules stays as it is', {}, HEADERS],
  [
    'is renamed with its value',
    { rename: { authorization: 'api-key' } },
    { accept: 'text/event-stream', 'api-key': 'Bearer secret' },
  ],
  ['is not made by renaming what is not there', { rename: { cookie: 'x-cookie' } }, HEADERS],
  [
    'may change names with another',
    { rename: { accept: 'authorization', authorization: 'accept' } },
    { accept: 'Bearer secret', authorization: 'text/event-stream' },
  ],
  ['is removed', { remove: ['authorization', 'x-none'] }, { accept: 'text/event-stream' }],
  [
    'is set, in place of what was there',
    { set: { authorization: 'Basic abc', 'user-agent': 'sublet' } },
    { accept: 'text/event-stream', authorization: 'Basic abc', 'user-agent': 'sublet' },
  ],
  [
    'is renamed first, then removed, then set',
    { rename: { authorization: 'api-key' }, remove: ['api-key'], set: { authorization: 'own' } },
    { accept: 'text/event-stream', authorization: 'own' },
  ],
  [
    'of those that frame a request is never made',
    { rename: { authorization: 'host' }, set: { 'content-length': '1', 'transfer-encoding': 'chunked' } },
    HEADERS,
  ],
])('a header %s', (_, rules, expected) => {
  expect(ruled(rules)).toEqual(expected);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resultOf } from './result-of.ts';

const HEAD = [
  '[2026-11-22 11:54:24][WARN][s_cli] It is not recommended to run the command as root user.',
  '⌛  Steps for [alias] of [sublet]',
  '====================',
  '✔ [router] completed (0.01s)',
];
const RESULT = ['', '🚀  Result for [alias] of [sublet]', '===================='];
const DAEMON = ['********Starting report in daemon********', "argv [ 'router', 'alias' ]", '}', ''];

const said = (...lines: string[]) => lines.join('\n');

describe('the result that the tool prints', () => {
  it.each([
    ['[]', []],
    ['{}', {}],
    ['[\n  {\n    "versionId": "2"\n  }\n]', [{ versionId: '2' }]],
    ['{\n  "a": []\n}', { a: [] }],
  ])('is read from %j', (printed, value) => {
    expect(resultOf(said(...HEAD, ...RESULT, printed, ''))).toEqual(value);
    expect(resultOf(said(...HEAD, ...RESULT, printed, ...DAEMON))).toEqual(value);
  });

  it.each([
    ['a component that threw', said(...HEAD, '')],
    ['a result that is no JSON', said(...HEAD, ...RESULT, 'router: ', '  ok: 1')],
    ['a result that was cut off', said(...HEAD, ...RESULT, '[', '  {')],
    ['nothing at all', ''],
  ])('is missing after %s', (_, stdout) => {
    expect(resultOf(stdout)).toBeUndefined();
  });

  it('is any list or object', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.boolean(), (list, isList) => {
        const printed = JSON.stringify(isList ? list : { list }, null, 2);
        expect(resultOf(said(...HEAD, ...RESULT, printed, ...DAEMON))).toEqual(JSON.parse(printed));
      }),
    );
  });
});

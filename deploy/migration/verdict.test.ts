import { describe, expect, it } from 'vitest';
import { verdictIn } from './verdict.ts';

const printed = (body: string) =>
  `========= FC invoke Logs begin =========\nundefined\n\n\u001b[1mInvoke Result:\u001b[22m\n\u001b[32m${body}\u001b[39m\n✔ [migration] completed (2s)\n`;

describe('the verdict of a migration', () => {
  it.each([
    [{ migrated: true, newest: '0006_metrics', connections: { most: 100, reserved: 3 } }],
    [{ migrated: false, reason: 'canceling statement due to lock timeout {"} ü' }],
  ])('is found in what the tool prints: %j', (verdict) => {
    expect(verdictIn(printed(JSON.stringify(verdict)))).toEqual(verdict);
  });

  it.each([
    ['nothing', ''],
    ['an error of FC', '{"ErrorCode":"FunctionNotStarted"}'],
    ['half of one', '{"migrated":true'],
    ['one without what it is about', '{"migrated":true}'],
    ['one of a build that did not ask for connections', '{"migrated":true,"newest":"0006_metrics"}'],
  ])('is not found in %s', (_, body) => {
    expect(verdictIn(printed(body))).toBeUndefined();
  });
});

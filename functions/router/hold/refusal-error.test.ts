import { describe, expect, it } from 'vitest';
import type { Refused } from '#shared/ledger/verdict.ts';
import { refusalError } from './refusal-error.ts';

const errorOf = (refused: Omit<Refused, 'verdict'>) =>
  refusalError({ verdict: 'refused', ...refused }, 'org/model:8b');

describe('the error for a refusal of the ledger', () => {
  it.each<[Omit<Refused, 'verdict'>, number, string, string]>([
    [{ reason: 'key' }, 401, 'invalid_request_error', 'invalid_api_key'],
    [{ reason: 'model' }, 404, 'invalid_request_error', 'model_not_found'],
    [{ reason: 'address' }, 403, 'invalid_request_error', 'ip_not_allowed'],
    [{ reason: 'quota', metric: 'tokens' }, 429, 'insufficient_quota', 'insufficient_quota'],
    [{ reason: 'in_flight', metric: 'tokens' }, 429, 'insufficient_quota', 'quota_in_flight'],
    [{ reason: 'again' }, 429, 'insufficient_quota', 'quota_in_flight'],
    [{ reason: 'rate', metric: 'requests' }, 429, 'requests', 'rate_limit_exceeded'],
    [{ reason: 'rate', metric: 'tokens' }, 429, 'tokens', 'rate_limit_exceeded'],
    [{ reason: 'rate', metric: 'cost' }, 429, 'tokens', 'rate_limit_exceeded'],
    [{ reason: 'parallel', metric: 'parallel' }, 429, 'requests', 'rate_limit_exceeded'],
    [{ reason: 'closed' }, 503, 'server_error', 'gateway_not_ready'],
  ])('%j is %i, %s, %s', (refused, status, type, code) => {
    const error = errorOf(refused);
    expect([error.status, error.type, error.code]).toEqual([status, type, code]);
  });

  it('passes on exactly how long to wait, in whole seconds rounded up as well', () => {
    expect(errorOf({ reason: 'rate', metric: 'tokens', retryMs: 1 }).headers).toEqual({
      'retry-after-ms': '1',
      'retry-after': '1',
    });
    expect(errorOf({ reason: 'in_flight', retryMs: 22_080 }).headers).toMatchObject({ 'retry-after': '23' });
  });

  it.each(['in_flight', 'parallel', 'again', 'closed'] as const)(
    'names a second where the ledger cannot say when: %s',
    (reason) => {
      for (const retryMs of [null, undefined]) {
        const refused = { reason, ...(retryMs === null && { retryMs }) };
        expect(errorOf(refused).headers).toMatchObject({ 'retry-after-ms': '1000' });
      }
    },
  );

  it('keeps SDKs from trying again where a quota is gone, and says nothing of when', () => {
    expect(errorOf({ reason: 'quota', metric: 'cost', retryMs: null }).headers).toEqual({
      'x-should-retry': 'false',
    });
  });
});

describe('the words of a refusal', () => {
  it.each([
    [{ metric: 'tokens', win: 'month' }, 'The limit of tokens for this month is used up'],
    [{ metric: 'requests', win: 'hour' }, 'The limit of requests for this hour is used up'],
    [{ metric: 'cost', win: 'day' }, 'The limit of budget for today is used up'],
  ] as const)('name the limit %j where it is the caller’s own', (limit, words) => {
    expect(errorOf({ reason: 'quota', own: true, ...limit }).message).toContain(words);
  });

  it('are the same for every limit of a consumer above: a tenant never reads the landlord’s budget', () => {
    const words = (['tokens', 'cost', 'requests'] as const).flatMap((metric) =>
      ['minute', 'day', 'total'].map((win) => errorOf({ reason: 'quota', own: false, metric, win }).message),
    );
    expect(new Set(words).size).toBe(1);
  });

  it('do not say whether a model is there', () => {
    expect(errorOf({ reason: 'model' }).message).toBe(
      'The model `org/model:8b` does not exist or you do not have access to it.',
    );
  });
});

import { expect, it } from 'vitest';
import { GatewayError } from '#shared/errors.ts';
import { asStoreError, failureOf } from './store-error.ts';

const thrown = (status: number | undefined, code: string) =>
  Object.assign(new Error('with a secret'), { status, code, headers: { authorization: 'secret' } });

it.each<[number | undefined, string, string]>([
  [404, 'NoSuchKey', 'missing'],
  [404, 'NoSuchUpload', 'missing'],
  [404, 'NoSuchBucket', 'refused'],
  [412, 'PreconditionFailed', 'changed'],
  [403, 'AccessDenied', 'refused'],
  [403, 'SignatureDoesNotMatch', 'refused'],
  [403, 'SecurityTokenExpired', 'away'],
  [416, 'InvalidRange', 'refused'],
  [302, 'UnknownError', 'refused'],
  [400, 'InvalidDigest', 'away'],
  [400, 'RequestTimeout', 'away'],
  [429, 'TooManyRequests', 'away'],
  [500, 'InternalError', 'away'],
  [503, 'ServiceUnavailable', 'away'],
  [-1, 'ECONNRESET', 'away'],
  [undefined, 'UnknownError', 'away'],
])('%s %s means that it is %s', (status, code, problem) => {
  expect(asStoreError(thrown(status, code))).toMatchObject({ problem, code });
});

it('nothing of what was thrown is kept but its status and its code', () => {
  const failure = failureOf(thrown(403, 'AccessDenied'), 'The file');
  expect(failure).toMatchObject({
    failure: 'upstream_error',
    message: 'The file is not given by object storage to the credential of this gateway.',
  });
  expect(JSON.stringify([failure, failure.cause, String(failure.cause)])).not.toContain('secret');
});

it.each([
  [412, 'PreconditionFailed', false],
  [403, 'AccessDenied', false],
  [404, 'NoSuchKey', false],
  [503, 'ServiceUnavailable', undefined],
])('%s %s is worth another try: %s', (status, code, shouldRetry) => {
  expect(failureOf(thrown(status, code), 'The file').shouldRetry).toBe(shouldRetry);
});

it('what is a failure already stays as it is', () => {
  const failure = new GatewayError('upstream_timeout', 'too slow');
  expect(failureOf(failure, 'The file')).toBe(failure);
});

import { describe, expect, it } from 'vitest';
import { asGatewayError, type FailureCode, GatewayError } from './errors.ts';
import { errorObject } from './protocol/openai/error-object.ts';

const told = (failure: FailureCode) => {
  const { status, type, code } = new GatewayError(failure, 'x');
  return [status, type, code];
};

describe('a failure', () => {
  it.each([
    ['invalid_request', 400, 'invalid_request_error', null],
    ['unsupported_parameter', 400, 'invalid_request_error', 'unsupported_parameter'],
    ['context_length_exceeded', 400, 'invalid_request_error', 'context_length_exceeded'],
    ['invalid_api_key', 401, 'invalid_request_error', 'invalid_api_key'],
    ['model_not_found', 404, 'invalid_request_error', 'model_not_found'],
    ['request_too_large', 413, 'invalid_request_error', 'request_too_large'],
    ['internal_error', 500, 'server_error', 'internal_error'],
    ['upstream_error', 502, 'server_error', 'upstream_error'],
    ['server_overloaded', 503, 'server_error', 'server_overloaded'],
    ['upstream_timeout', 504, 'server_error', 'upstream_timeout'],
  ] as const)('%s is told with its own status, type and code', (failure, ...expected) => {
    expect(told(failure)).toEqual(expected);
  });

  it('has all four keys of the error object', () => {
    expect(errorObject(new GatewayError('invalid_request', 'No.', { param: 'n' }))).toEqual({
      error: { message: 'No.', type: 'invalid_request_error', param: 'n', code: null },
    });
    expect(errorObject(new GatewayError('not_found', 'No.')).error.param).toBeNull();
  });

  it('tells when to come back, in seconds that are not too early, and whether at all', () => {
    const at = (retryAfterMs: number) => new GatewayError('server_overloaded', '', { retryAfterMs }).headers;
    expect(at(1001)).toEqual({ 'retry-after-ms': '1001', 'retry-after': '2' });
    expect(at(0)).toEqual({ 'retry-after-ms': '0', 'retry-after': '0' });
    expect(new GatewayError('upstream_error', '', { shouldRetry: false }).headers).toEqual({
      'x-should-retry': 'false',
    });
    expect(new GatewayError('upstream_error', '').headers).toEqual({});
  });
});

describe('anything else that is thrown', () => {
  it.each([new TypeError('secret'), 'secret', undefined, null, { message: 'secret' }])(
    'tells a caller nothing: %s',
    (thrown) => {
      const error = asGatewayError(thrown);
      expect(error).toMatchObject({ failure: 'internal_error', status: 500, cause: thrown });
      expect(JSON.stringify(errorObject(error))).not.toContain('secret');
    },
  );

  it('is left as it is when it was raised on purpose', () => {
    const error = new GatewayError('not_found', 'x');
    expect(asGatewayError(error)).toBe(error);
  });
});

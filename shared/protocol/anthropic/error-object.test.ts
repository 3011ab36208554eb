import { describe, expect, it } from 'vitest';
import { ErrorBody } from '../../../test/schemas/anthropic.ts';
import { type FailureCode, GatewayError } from '../../errors.ts';
import { errorObject, errorStatus } from './error-object.ts';

const requestId = `req_${'0'.repeat(32)}`;
const told = (error: GatewayError) => ErrorBody.parse(errorObject(error, requestId));

describe("Anthropic's error object", () => {
  it.each<[FailureCode, number, string]>([
    ['invalid_request', 400, 'invalid_request_error'],
    ['unsupported_parameter', 400, 'invalid_request_error'],
    ['context_length_exceeded', 400, 'invalid_request_error'],
    ['invalid_api_key', 401, 'authentication_error'],
    ['ip_not_allowed', 403, 'permission_error'],
    ['model_not_found', 404, 'not_found_error'],
    ['not_found', 404, 'not_found_error'],
    ['request_too_large', 413, 'request_too_large'],
    ['unsupported_encoding', 415, 'invalid_request_error'],
    ['rate_limit_requests', 429, 'rate_limit_error'],
    ['rate_limit_tokens', 429, 'rate_limit_error'],
    ['insufficient_quota', 429, 'rate_limit_error'],
    ['quota_in_flight', 429, 'rate_limit_error'],
    ['internal_error', 500, 'api_error'],
    ['upstream_error', 502, 'api_error'],
    ['server_overloaded', 529, 'overloaded_error'],
    ['gateway_not_ready', 503, 'api_error'],
    ['upstream_timeout', 504, 'timeout_error'],
  ])('tells of %s with the status %d and the type %s', (failure, status, type) => {
    const error = new GatewayError(failure, 'It failed.');
    expect(errorStatus(error)).toBe(status);
    expect(told(error)).toEqual({
      type: 'error',
      error: { type, message: 'It failed.' },
      request_id: requestId,
    });
  });

  it.each([
    ['n must be 1.', 'tool_choice', 'tool_choice: n must be 1.'],
    ['This model cannot think.', 'reasoning_effort', 'thinking: This model cannot think.'],
    ['tool_choice: must be 1.', 'tool_choice', 'tool_choice: must be 1.'],
  ])('names in its message the field that is wrong: %s', (message, param, words) => {
    expect(told(new GatewayError('invalid_request', message, { param })).error.message).toBe(words);
  });

  it('has a code only where it refuses a thread, since clients go on without one by that code', () => {
    const refused = told(new GatewayError('unsupported_parameter', 'No.', { param: 'thread' })).error;
    expect(refused.details?.error_code).toBe('thread_unsupported_request');
    expect(told(new GatewayError('unsupported_parameter', 'No.')).error).not.toHaveProperty('details');
  });
});

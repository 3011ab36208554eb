import type { GatewayError } from '#shared/errors.ts';
import { errorObjectFor } from '../error-object-for.ts';

/** How the fields of which backends speak are called in a request for a response. */
export const responseError = errorObjectFor({
  messages: 'input',
  reasoning_effort: 'reasoning.effort',
  response_format: 'text.format',
});

/** How many events went before is not known where failures are told: this one is later than all, and fits 32 bits. */
const LAST_SEQUENCE_NUMBER = 2 ** 31 - 1;

/**
 * An error inside a stream that has begun, which is its end.
 *
 * An `error` event and no `response.failed`: upon the first the OpenAI SDK throws, whatever way its stream is read, while
 * the second ends its streams as if all were well. What is wrong stands there twice, flat as OpenAI's reference has
 * it, and as the `error` object that its service sends: SDKs read the one or the other.
 */
export function failedResponse(failure: GatewayError): string {
  const { error } = responseError(failure);
  const { code, message, param } = error;
  const event = { type: 'error', sequence_number: LAST_SEQUENCE_NUMBER, code, message, param, error };
  return `event: error\ndata: ${JSON.stringify(event)}\n\n`;
}

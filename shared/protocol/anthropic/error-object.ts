import type { GatewayError } from '#shared/errors.ts';

/** Anthropic's types by status; of its client errors it tells no more than that they are invalid requests. */
const TYPES: Record<number, string> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  502: 'api_error',
  503: 'api_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** Anthropic has a status of its own for being overloaded. */
export const errorStatus = (error: GatewayError): number =>
  error.failure === 'server_overloaded' ? 529 : error.status;

/** Anthropic's error object. It has no place for the field that is wrong, so the message names it. */
export const errorObject = (error: GatewayError, requestId: string) => ({
  type: 'error',
  error: {
    type: TYPES[errorStatus(error)] ?? 'invalid_request_error',
    message: messageOf(error),
    ...(error.param === 'thread' && { details: NO_THREADS }),
  },
  request_id: requestId,
});

/** By this clients learn to send conversations whole; the SDK's tool runner begins by asking for a thread. */
const NO_THREADS = { error_code: 'thread_unsupported_request', unsupported: [] };

/** Backends name fields as OpenAI's callers know them. */
const OWN_NAMES: Record<string, string> = {
  reasoning_effort: 'thinking',
  response_format: 'output_config.format',
};

function messageOf({ message, param }: GatewayError): string {
  if (param === null || message.includes(param)) return message;
  return `${OWN_NAMES[param] ?? param}: ${message}`;
}

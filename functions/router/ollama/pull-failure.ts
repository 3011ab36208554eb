import { type FailureCode, GatewayError } from '#shared/errors.ts';

/** What the statuses of model-pull's own refusals mean to a caller, who may read its words. */
const REFUSALS: Readonly<Record<number, FailureCode>> = {
  400: 'invalid_request',
  403: 'insufficient_scope',
  404: 'not_found',
  409: 'conflict',
  413: 'request_too_large',
  500: 'upstream_error',
  502: 'upstream_error',
  503: 'server_overloaded',
  504: 'upstream_timeout',
};

/**
 * What a caller is told of an answer of model-pull that is no 200.
 *
 * Its words are shown where it has said them itself, in Ollama's form; what the platform in front of it says is ours to
 * know. A 401 is about our secret and never about the caller's key.
 */
export function pullFailure(status: number, body: string, retryAfterMs: number | undefined): GatewayError {
  const said = wordsOf(body);
  const cause = new Error(`model-pull said: ${status} ${(said ?? body).slice(0, 200)}`);
  const failure = REFUSALS[status];
  const details = { cause, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  if (failure !== undefined && said !== undefined) return new GatewayError(failure, said, details);
  if (status === 429 || status === 503)
    return new GatewayError('server_overloaded', 'The model store is busy. Please try again in a moment.', {
      ...details,
      retryAfterMs: retryAfterMs ?? 2000,
    });
  return new GatewayError('upstream_error', 'The model store cannot be used at the moment.', { cause });
}

/** The same of a request that got no answer. @returns what is not about model-pull as it is */
export function unanswered(error: GatewayError): GatewayError {
  const { cause } = error;
  if (error.failure === 'upstream_timeout')
    return new GatewayError('upstream_timeout', 'The model store did not answer in time.', { cause });
  if (error.failure === 'upstream_error')
    return new GatewayError('upstream_error', 'The model store cannot be reached at the moment.', { cause });
  return error;
}

function wordsOf(body: string): string | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    return typeof error === 'string' && error !== '' ? error.slice(0, 500) : undefined;
  } catch {
    return undefined;
  }
}

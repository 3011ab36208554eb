import { type FailureCode, GatewayError } from '../errors.ts';

const BY_STATUS: Readonly<Record<number, FailureCode>> = {
  400: 'invalid_request',
  403: 'insufficient_scope',
  404: 'not_found',
  409: 'conflict',
  413: 'request_too_large',
  429: 'server_overloaded',
  503: 'server_overloaded',
  504: 'upstream_timeout',
};

/** What an answer of model-pull that is no success means, in its own words where it has said any. */
export function storeFailure(status: number, body: string): GatewayError {
  const said = saidIn(body);
  const cause = new Error(`model-pull said: ${status} ${body.slice(0, 500)}`);
  if (status === 401) {
    const message =
      'The model store does not know this secret: INTERNAL_SECRET must be the same there and here.';
    return new GatewayError('internal_error', message, { cause });
  }
  const failure = BY_STATUS[status] ?? 'upstream_error';
  const { message = `The model store answered with status ${status}.`, param } = said ?? {};
  return new GatewayError(failure, message, { cause, ...(param !== undefined && { param }) });
}

/** Of a line in the middle of an answer that says that it failed. */
export const lineFailure = (text: string): GatewayError => new GatewayError('upstream_error', text);

/** Whether the answer is of model-pull itself, and not of what stands before it. */
export const isItsOwn = (body: string): boolean => saidIn(body) !== undefined;

/** `{"error": "text"}` as Ollama says it, or OpenAI's object. */
function saidIn(body: string): { message: string; param?: string } | undefined {
  const error = errorIn(body);
  if (typeof error === 'string') return { message: error };
  if (typeof error !== 'object' || error === null) return undefined;
  const { message, param } = error as { message?: unknown; param?: unknown };
  if (typeof message !== 'string') return undefined;
  return { message, ...(typeof param === 'string' && { param }) };
}

function errorIn(body: string): unknown {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && 'error' in value ? value.error : undefined;
  } catch {
    return undefined;
  }
}

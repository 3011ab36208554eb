import { type FailureCode, GatewayError } from '#shared/errors.ts';

/** Codes of an upstream that mean the same here. */
const KNOWN_CODES: ReadonlySet<string> = new Set<FailureCode>([
  'context_length_exceeded',
  'unsupported_parameter',
]);

const CALLERS_FAULT = new Set([400, 413, 422]);
const BUSY = new Set([429, 503, 529]);
const SLOW = new Set([408, 504]);

/**
 * What a caller is told of an error that an OpenAI-compatible upstream answered with.
 *
 * Only what is about the request itself is told in the upstream's words; whatever else it says (that our
 * credential is wrong, that a host is away) stays between us and it.
 *
 * @param status the HTTP status, or undefined for an error event inside a stream.
 */
export function openaiFailure(status: number | undefined, body: string, retryAfterMs?: number): GatewayError {
  const told = readError(body);
  // What is about the request may quote it, and no log line has a prompt.
  const isAboutRequest = status !== undefined && CALLERS_FAULT.has(status);
  const words = isAboutRequest ? '(about the request)' : told.message.slice(0, 200);
  const cause = new Error(
    `The upstream said: ${status ?? 'in stream'} ${told.code?.slice(0, 100) ?? ''} ${words}`,
  );
  const aboutContext =
    told.code === 'context_length_exceeded' || /context (length|window|size)/i.test(told.message);
  if (aboutContext && (status === undefined || isAboutRequest)) {
    return new GatewayError('context_length_exceeded', wordsOf(told.message), {
      cause,
      param: told.param?.slice(0, 200) ?? 'messages',
    });
  }
  if (isAboutRequest) {
    const failure = KNOWN_CODES.has(told.code ?? '') ? (told.code as FailureCode) : 'invalid_request';
    return new GatewayError(failure, wordsOf(told.message), {
      cause,
      ...(told.param && { param: told.param.slice(0, 200) }),
    });
  }
  if (status !== undefined && BUSY.has(status)) {
    const message = 'All places at this model are taken. Please try again in a moment.';
    return new GatewayError('server_overloaded', message, { cause, retryAfterMs: retryAfterMs ?? 2000 });
  }
  if (status !== undefined && SLOW.has(status)) {
    return new GatewayError('upstream_timeout', 'The model did not answer in time.', { cause });
  }
  return new GatewayError('upstream_error', 'The model failed to answer.', { cause });
}

interface ToldError {
  message: string;
  code?: string;
  param?: string;
}

function readError(body: string): ToldError {
  const { error } = parse(body);
  const { message, code, param } = typeof error === 'object' && error !== null ? error : { message: error };
  return {
    message: typeof message === 'string' ? message : '',
    ...(typeof code === 'string' && { code }),
    ...(typeof param === 'string' && { param }),
  };
}

function parse(body: string): {
  error?: string | { message?: unknown; code?: unknown; param?: unknown } | null;
} {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** The upstream's words, short and without any address; cut first, since a pattern must not be given a megabyte. */
function wordsOf(message: string): string {
  const words = message
    .slice(0, 500)
    .replaceAll(/\w+:\/\/\S+/g, '…')
    .replaceAll(/\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b/g, '…');
  return words === '' ? 'The model did not accept this request.' : words;
}

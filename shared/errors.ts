/**
 * Every way in which a call can fail, with what the caller is told (reference: OpenAI's error object;
 * LobeChat and the SDKs decide by `code` and status alone). `code: null` where OpenAI has no word.
 */
const FAILURES = {
  invalid_request: { status: 400, type: 'invalid_request_error', code: null },
  unsupported_parameter: { status: 400, type: 'invalid_request_error' },
  context_length_exceeded: { status: 400, type: 'invalid_request_error' },
  invalid_api_key: { status: 401, type: 'invalid_request_error' },
  ip_not_allowed: { status: 403, type: 'invalid_request_error' },
  insufficient_scope: { status: 403, type: 'invalid_request_error' },
  not_found: { status: 404, type: 'invalid_request_error', code: null },
  model_not_found: { status: 404, type: 'invalid_request_error' },
  conflict: { status: 409, type: 'invalid_request_error' },
  request_too_large: { status: 413, type: 'invalid_request_error' },
  unsupported_encoding: { status: 415, type: 'invalid_request_error' },
  rate_limit_requests: { status: 429, type: 'requests', code: 'rate_limit_exceeded' },
  rate_limit_tokens: { status: 429, type: 'tokens', code: 'rate_limit_exceeded' },
  insufficient_quota: { status: 429, type: 'insufficient_quota' },
  quota_in_flight: { status: 429, type: 'insufficient_quota' },
  caller_gone: { status: 499, type: 'invalid_request_error' },
  internal_error: { status: 500, type: 'server_error' },
  upstream_error: { status: 502, type: 'server_error' },
  /** The model's own doing, such as a call of a tool that nobody can read: its upstream is as well as before. */
  model_error: { status: 502, type: 'server_error', code: 'upstream_error' },
  server_overloaded: { status: 503, type: 'server_error' },
  gateway_not_ready: { status: 503, type: 'server_error' },
  upstream_timeout: { status: 504, type: 'server_error' },
} as const;

export type FailureCode = keyof typeof FAILURES;

/** The status of a failure that is known by its code alone, as in a receipt; undefined for what is no failure's code. */
export const statusOfFailure = (code: string): number | undefined =>
  Object.hasOwn(FAILURES, code) ? FAILURES[code as FailureCode].status : undefined;

interface FailureDetails {
  /** The path of the field that is wrong, such as `messages[2].content`. */
  param?: string;
  /** How long a caller should wait before it tries again. */
  retryAfterMs?: number;
  /** Overrides the SDKs' own rule of which statuses to retry (`x-should-retry`). */
  shouldRetry?: boolean;
  /** For our log only; never shown to a caller. */
  cause?: unknown;
}

/**
 * A failure that was raised on purpose. The message is written for the caller; the cause is for us.
 * Anything else that is thrown reaches a caller as `internal_error` with no words of its own.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly failure: FailureCode;
  readonly param: string | null;
  readonly retryAfterMs: number | undefined;
  readonly shouldRetry: boolean | undefined;

  constructor(failure: FailureCode, message: string, details: FailureDetails = {}) {
    super(message, { cause: details.cause });
    this.failure = failure;
    this.param = details.param ?? null;
    this.retryAfterMs = details.retryAfterMs;
    this.shouldRetry = details.shouldRetry;
  }

  get status(): number {
    return FAILURES[this.failure].status;
  }

  get type(): string {
    return FAILURES[this.failure].type;
  }

  /** The `code` of the error object, or null where the protocol has no word for it. */
  get code(): string | null {
    const failure = FAILURES[this.failure];
    return 'code' in failure ? failure.code : this.failure;
  }

  /** The headers that tell SDKs whether and when to come back; openai-node reads the first before the second. */
  get headers(): Record<string, string> {
    // A wrong key stays wrong: some clients would try it for a minute before they say so.
    const shouldRetry = this.shouldRetry ?? (this.failure === 'invalid_api_key' ? false : undefined);
    return {
      ...(this.retryAfterMs !== undefined && {
        'retry-after-ms': String(this.retryAfterMs),
        'retry-after': String(Math.ceil(this.retryAfterMs / 1000)),
      }),
      ...(shouldRetry !== undefined && { 'x-should-retry': String(shouldRetry) }),
    };
  }
}

/** What a caller may see of anything that was thrown. */
export function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError(
    'internal_error',
    'Something went wrong on our side. The request id helps us find it.',
    {
      cause: error,
    },
  );
}

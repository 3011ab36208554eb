import { GatewayError } from '#shared/errors.ts';

/** What is wrong: it is not there, it is another version, we may not, or the store ails and may be well later. */
export type Problem = 'missing' | 'changed' | 'refused' | 'away';

/** Object storage did not do what it was asked. It has nothing of the request in it, which was signed. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly problem: Problem;
  /** In the words of OSS, such as `NoSuchUpload`. */
  readonly code: string;
  /** Of HTTP; 0 where there was no answer. */
  readonly status: number;

  constructor(problem: Problem, code: string, status = 0) {
    super(`The object store: ${status > 0 ? `${status} ` : ''}${code}`);
    this.problem = problem;
    this.code = code;
    this.status = status;
  }
}

/** What `ali-oss` threw, without what it drags along. */
export function asStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { status = 0, code, name } = error as { status?: number; code?: string; name?: string };
  const word = String(code ?? name ?? 'Error').slice(0, 100);
  return new StoreError(problemOf(status, word), word, status);
}

/** These pass, though their status says that the request was wrong (reference: OSS's list of error codes). */
const PASSING = new Set(['RequestTimeout', 'InvalidDigest', 'SecurityTokenExpired']);
const MISSING = new Set(['NoSuchKey', 'NoSuchUpload']);

function problemOf(status: number, code: string): Problem {
  if (status === 404) return MISSING.has(code) ? 'missing' : 'refused';
  if (status === 412) return 'changed';
  if (PASSING.has(code)) return 'away';
  return status >= 300 && status < 500 && status !== 429 ? 'refused' : 'away';
}

const FAILURES = {
  missing: ['model_not_found', 'is not in object storage.'],
  changed: ['upstream_error', 'was changed in object storage meanwhile.'],
  refused: ['upstream_error', 'is not given by object storage to the credential of this gateway.'],
  away: ['gateway_not_ready', 'could not be had from object storage now.'],
} as const;

/** @param thing what it was about, for the caller, such as `The manifest of llama3:latest`. */
export function failureOf(error: unknown, thing: string): GatewayError {
  if (error instanceof GatewayError) return error;
  const cause = asStoreError(error);
  const [failure, words] = FAILURES[cause.problem];
  return new GatewayError(failure, `${thing} ${words}`, {
    cause,
    ...(cause.problem === 'away' ? { retryAfterMs: 1_000 } : { shouldRetry: false }),
  });
}

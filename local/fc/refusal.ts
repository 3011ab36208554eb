import type { ServerResponse } from 'node:http';

/** An answer that FC itself gives, in its own form, instead of the function. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: keyof typeof STATUSES;

  constructor(code: keyof typeof STATUSES, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.status = STATUSES[code];
  }

  send(response: ServerResponse, requestId: string): void {
    const body = JSON.stringify({ RequestId: requestId, ErrorCode: this.code, ErrorMessage: this.message });
    response.writeHead(this.status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'x-fc-request-id': requestId,
    });
    response.end(body);
  }
}

const STATUSES = {
  InvalidArgument: 400,
  AccessDenied: 403,
  TriggerNotFound: 404,
  AsyncTaskAlreadyExists: 409,
  ResourceExhausted: 429,
  InternalError: 500,
  NotImplemented: 501,
  BadResponse: 502,
  FunctionNotStarted: 502,
  ServiceUnavailable: 503,
  InvocationTimeout: 504,
} as const;

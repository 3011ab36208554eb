import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { asGatewayError, type GatewayError } from '../errors.ts';
import { noteFailure } from './access-log.ts';
import { endWithin } from './end-within.ts';
import type { Exchange } from './exchange.ts';

/** How a protocol says that something failed. */
export interface FailureForm {
  /** The body of an error. */
  errorBody(error: GatewayError, requestId: string): object;
  /** The status, where the protocol has one of its own for a failure. */
  status?(error: GatewayError): number;
  /** An error inside a stream that has begun, and the proper end of that stream. */
  failedStream(error: GatewayError, requestId: string): string;
}

/** Turns anything that was thrown into an answer in the caller's own protocol: the one place that does. */
export function tellFailure(
  thrown: unknown,
  exchange: Exchange,
  form: FailureForm,
  callerReadTimeoutMs: number,
): Response {
  const error = asGatewayError(thrown);
  noteFailure(exchange, error.failure, error.cause);
  if (error.failure === 'caller_gone') {
    exchange.outgoing.destroy(); // also one that is still there and does not read
    return RESPONSE_ALREADY_SENT;
  }
  if (exchange.outgoing.headersSent) {
    endWithin(exchange.outgoing, form.failedStream(error, exchange.requestId), callerReadTimeoutMs);
    return RESPONSE_ALREADY_SENT;
  }
  return Response.json(form.errorBody(error, exchange.requestId), {
    status: form.status?.(error) ?? error.status,
    headers: error.headers,
  });
}

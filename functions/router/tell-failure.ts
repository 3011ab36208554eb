import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { asGatewayError } from '#shared/errors.ts';
import { noteFailure } from '#shared/http/access-log.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import { endWithin } from './end-within.ts';
import type { Surface } from './surfaces/surface.ts';

/** Turns anything that was thrown into an answer in the caller's own protocol: the one place that does. */
export function tellFailure(
  thrown: unknown,
  exchange: Exchange,
  surface: Surface,
  callerReadTimeoutMs: number,
): Response {
  const error = asGatewayError(thrown);
  noteFailure(exchange, error.failure, error.cause);
  if (error.failure === 'caller_gone') {
    exchange.outgoing.destroy(); // also one that is still there and does not read
    return RESPONSE_ALREADY_SENT;
  }
  if (exchange.outgoing.headersSent) {
    endWithin(exchange.outgoing, surface.failedStream(error), callerReadTimeoutMs);
    return RESPONSE_ALREADY_SENT;
  }
  return Response.json(surface.errorBody(error), { status: error.status, headers: error.headers });
}

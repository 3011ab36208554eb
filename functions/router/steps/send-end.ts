import { endWithin } from '#shared/http/end-within.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import type { Ending } from '#shared/protocol/passage.ts';
import { openAnswer } from '../open-answer.ts';

/**
 * Sends what the relay has held: the end of a stream, or a whole answer.
 *
 * @param streamHeaders the head of a stream, undefined for a whole answer
 * @throws GatewayError when the ending is a failure
 */
export function sendEnd(
  exchange: Exchange,
  streamHeaders: Record<string, string> | undefined,
  ending: Ending,
  callerReadTimeoutMs: number,
): void {
  if (ending.kind === 'failed') throw ending.error;
  const { facts, outgoing } = exchange;
  const { held, measured, reason } = ending;
  facts.finish = reason;
  if (!outgoing.headersSent) outgoing.setHeader('x-gateway-usage-source', measured.source);
  openAnswer(exchange, streamHeaders ?? wholeHeaders(held));
  endWithin(outgoing, held, callerReadTimeoutMs);
}

/** Sends the answer to a call for which no upstream was needed. */
export function sendAnswered(exchange: Exchange, answered: object, callerReadTimeoutMs: number): void {
  const body = JSON.stringify(answered);
  openAnswer(exchange, wholeHeaders(body));
  endWithin(exchange.outgoing, body, callerReadTimeoutMs);
}

const wholeHeaders = (body: string | Buffer) => ({
  'content-type': 'application/json',
  'content-length': String(Buffer.byteLength(body)),
});

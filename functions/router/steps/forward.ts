import type { IncomingMessage } from 'node:http';
import type { Route } from '#shared/catalog/catalog.ts';
import { GatewayError } from '#shared/errors.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import type { Call } from '#shared/protocol/call.ts';
import { backends } from '../backends/backends.ts';
import type { Deadlines } from '../deadlines.ts';
import type { Gateway } from '../gateway.ts';
import type { HeldCall } from '../hold/held-call.ts';
import { send } from '../upstream/send.ts';

const ERROR_BODY_LIMIT_BYTES = 64 * 1024;
const ERROR_BODY_TIMEOUT_MS = 2_000;

interface Forwarding {
  call: Call;
  route: Route;
  held: HeldCall;
  deadlines: Deadlines;
}

/** Sends a call to its upstream. @throws GatewayError when the upstream does not answer with a 200. */
export async function forward(
  gateway: Gateway,
  exchange: Exchange,
  { call, route, held, deadlines }: Forwarding,
): Promise<IncomingMessage> {
  if (exchange.hungUp.aborted) throw new GatewayError('caller_gone', 'The caller hung up.'); // before any work
  const backend = backends[route.upstream.backend];
  const request = backend.request(call, route, held.outputCap);
  exchange.facts.upstream = route.upstream.name;
  if (!exchange.outgoing.headersSent)
    exchange.outgoing.setHeader('x-gateway-backend', `u${route.upstream.id}`);
  countAttempt(exchange);
  held.asked(route.upstream.name);
  const reply = await send(gateway.connections, request, {
    connectTimeoutMs: gateway.config.CONNECT_TIMEOUT_MS,
    firstByteAtMs: deadlines.firstPieceAtMs,
    hungUp: exchange.hungUp,
    gone: held.gone,
    onResend: () => countAttempt(exchange),
  });
  if (reply.statusCode === 200) return reply;
  const retryAfterMs = retryAfter(reply.headers['retry-after']);
  throw backend.failure(reply.statusCode ?? 502, await readError(reply), retryAfterMs);
}

function countAttempt({ facts, outgoing }: Exchange): void {
  facts.attempts = (facts.attempts ?? 0) + 1;
  if (!outgoing.headersSent) outgoing.setHeader('x-gateway-attempts', facts.attempts);
}

/** An error's body, as far as it is of any use; an upstream that drags it out is cut off. */
async function readError(reply: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const cut = setTimeout(() => reply.destroy(), ERROR_BODY_TIMEOUT_MS);
  try {
    for await (const chunk of reply as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > ERROR_BODY_LIMIT_BYTES) break;
    }
  } catch {
    // the status alone has to do
  } finally {
    clearTimeout(cut);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Seconds only: nobody sends the date form for load. */
function retryAfter(header: string | undefined): number | undefined {
  const seconds = Number(header);
  return header !== undefined && seconds >= 0 && seconds < 3600 ? seconds * 1000 : undefined;
}

import type { IncomingMessage } from 'node:http';
import { GatewayError } from '#shared/errors.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import type { Call } from '#shared/protocol/call.ts';
import { backends } from '../backends/backends.ts';
import type { Deadlines } from '../deadlines.ts';
import type { Place } from '../fleet/place.ts';
import type { Gateway } from '../gateway.ts';
import { callerGone } from '../giving-up.ts';
import type { HeldCall } from '../hold/held-call.ts';
import { readError, retryAfter } from '../upstream/error-answer.ts';
import { send } from '../upstream/send.ts';

/** Ollama: `model 'x' not found`; OpenAI-compatible services: `The model x does not exist`, or the code. */
const NO_SUCH_MODEL = /model.{0,300}(not found|does not exist)|model_not_found/is;

interface Forwarding {
  call: Call;
  place: Place;
  held: HeldCall;
  deadlines: Deadlines;
  /** Called before the upstream is asked: what fails earlier says nothing of it. */
  onAsked(): void;
}

/** Sends a call to its upstream. @throws GatewayError when the upstream does not answer with a 200. */
export async function forward(
  gateway: Gateway,
  exchange: Exchange,
  { call, place, held, deadlines, onAsked }: Forwarding,
): Promise<IncomingMessage> {
  if (exchange.hungUp.aborted) throw callerGone(); // before any work
  const { route } = place;
  const backend = backends[route.upstream.backend];
  const request = backend.request(call, route, held.outputCap);
  exchange.facts.upstream = route.upstream.name;
  explain(exchange, place);
  onAsked();
  countAttempt(exchange, held, place);
  const reply = await send(gateway.connections, request, {
    connectTimeoutMs: route.upstream.timeouts.connectMs ?? gateway.config.CONNECT_TIMEOUT_MS,
    firstByteAtMs: deadlines.firstPieceAtMs,
    hungUp: exchange.hungUp,
    gone: held.gone,
    onResend: () => {
      held.attemptFailed(connectionLost());
      countAttempt(exchange, held, place);
    },
  });
  if (reply.statusCode === 200) return reply;
  const retryAfterMs = retryAfter(reply.headers['retry-after']);
  const body = await readError(reply);
  const status = reply.statusCode ?? 502;
  if (status === 404 && NO_SUCH_MODEL.test(body)) place.leave({ kind: 'missing' });
  // Whoever asks for what an upstream cannot do must not make it rest for all others.
  else if (saysNothingOfItsHealth(status)) place.leave({ kind: 'unused' });
  throw backend.failure(status, body, retryAfterMs);
}

/** It is there and refuses: this path, this credential, this request. */
const saysNothingOfItsHealth = (status: number) =>
  status >= 400 && status < 500 && status !== 408 && status !== 429;

/** Where it goes and why, in words that name nothing of ours. */
function explain({ outgoing }: Exchange, { route, because }: Place): void {
  if (outgoing.headersSent) return;
  outgoing.setHeader('x-gateway-backend', `u${route.upstream.id}`);
  outgoing.setHeader('x-gateway-route', `u${route.upstream.id}; tier=${route.tier}; because=${because}`);
}

/** The answer's head, the log and the receipt tell the same number. */
function countAttempt({ facts, outgoing }: Exchange, held: HeldCall, { route, because }: Place): void {
  held.asked(route.upstream.name, because);
  facts.attempts = (facts.attempts ?? 0) + 1;
  if (!outgoing.headersSent) outgoing.setHeader('x-gateway-attempts', facts.attempts);
}

const connectionLost = () => new GatewayError('upstream_error', 'The connection was closed.');

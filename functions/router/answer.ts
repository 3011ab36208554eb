import type { IncomingMessage } from 'node:http';
import type { CatalogSnapshot } from '#shared/catalog/catalog.ts';
import { asGatewayError } from '#shared/errors.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import type { Caller } from '#shared/keys/find-key.ts';
import { answerIdentity } from '#shared/protocol/answer-identity.ts';
import type { Passage } from '#shared/protocol/passage.ts';
import { type Deadlines, deadlinesOf } from './deadlines.ts';
import type { Gateway } from './gateway.ts';
import type { HeldCall } from './hold/held-call.ts';
import { hold } from './hold/hold.ts';
import { passageOf } from './passage-of.ts';
import { SignsOfLife } from './signs-of-life.ts';
import { forward } from './steps/forward.ts';
import { readCall } from './steps/read-call.ts';
import { relay } from './steps/relay.ts';
import { chooseRoute, requireModel } from './steps/resolve-route.ts';
import { sendEnd } from './steps/send-end.ts';
import type { Surface } from './surfaces/surface.ts';

/** An upstream's answer, under way. */
interface Reply {
  message: IncomingMessage;
  passage: Passage;
  held: HeldCall;
  stream: boolean;
  deadlines: Deadlines;
}

/**
 * Answers one call, in the order that design and ledger rest on. What it answers goes to
 * `exchange.outgoing` directly; what it throws becomes an answer in `shared/http/tell-failure.ts`.
 */
export async function answer(
  gateway: Gateway,
  surface: Surface,
  caller: Caller,
  catalog: CatalogSnapshot,
  exchange: Exchange,
): Promise<void> {
  const { config } = gateway;
  const life = new SignsOfLife(exchange, surface.stream, config);
  try {
    const reply = await ask(gateway, surface, caller, catalog, exchange, life);
    const { message, passage, held, stream, deadlines } = reply;
    const ending = await relay(message, passage, exchange, {
      deadlines,
      idleTimeoutMs: config.IDLE_TIMEOUT_MS,
      callerReadTimeoutMs: config.CALLER_READ_TIMEOUT_MS,
      gone: held.gone,
      onBytes: () => life.bytes(),
    });
    await held.close(ending); // nothing is owed once the caller has seen the end
    sendEnd(exchange, stream ? surface.stream.headers : undefined, ending, config.CALLER_READ_TIMEOUT_MS);
  } finally {
    life.stop();
  }
}

/** All until the upstream answers. The call ends here: its prompt is not kept in memory while the answer is relayed. */
async function ask(
  gateway: Gateway,
  surface: Surface,
  caller: Caller,
  catalog: CatalogSnapshot,
  exchange: Exchange,
  life: SignsOfLife,
): Promise<Reply> {
  const call = await readCall(surface, exchange, gateway.config);
  if (call.stream) life.begin(call.model);
  const model = requireModel(catalog, caller, call.model);
  const route = chooseRoute(model, Math.random());
  const held = await hold(gateway, caller, exchange, { ...call, model: model.name });
  try {
    const deadlines = deadlinesOf(exchange.arrivedAtMs, gateway.config);
    const message = await forward(gateway, exchange, { call, route, held, deadlines });
    const identity = answerIdentity(exchange.requestId, model.name, Date.now());
    const passage = passageOf(call, route.upstream, identity, held);
    held.answeredBy(passage);
    return { message, passage, held, stream: call.stream, deadlines };
  } catch (error) {
    await held.fail(asGatewayError(error));
    throw error;
  }
}

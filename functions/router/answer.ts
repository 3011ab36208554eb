import type { Exchange } from '#shared/http/exchange.ts';
import type { Caller } from '#shared/keys/find-key.ts';
import type { Call } from '#shared/protocol/call.ts';
import type { Ending, Passage } from '#shared/protocol/passage.ts';
import { backends } from './backends/backends.ts';
import type { CatalogSnapshot, Model, Target } from './catalog/catalog.ts';
import type { Gateway } from './gateway.ts';
import { openStream, SignsOfLife } from './signs-of-life.ts';
import { forward } from './steps/forward.ts';
import { readCall } from './steps/read-call.ts';
import { relay } from './steps/relay.ts';
import { chooseTarget, requireModel } from './steps/resolve-route.ts';
import type { Surface } from './surfaces/surface.ts';

/** One call on its way through the steps. */
interface Passenger {
  surface: Surface;
  call: Call;
  model: Model;
  target: Target;
}

/**
 * Answers one call, in the order that design and ledger rest on. What it answers goes to
 * `exchange.outgoing` directly; what it throws becomes an answer in `tell-failure.ts`.
 */
export async function answer(
  gateway: Gateway,
  surface: Surface,
  caller: Caller,
  catalog: CatalogSnapshot,
  exchange: Exchange,
): Promise<void> {
  const call = await readCall(surface, exchange, gateway.config);
  const model = requireModel(catalog, caller, call.model);
  const target = chooseTarget(model, Math.random());
  // The ledger's hold comes between these two lines: nothing is forwarded that was not set aside before.
  const ending = await forwardAndRelay(gateway, exchange, { surface, call, model, target });
  // And its settle here: nothing is owed once the caller has seen the end.
  sendEnd(exchange, surface, call, ending);
}

async function forwardAndRelay(gateway: Gateway, exchange: Exchange, passenger: Passenger): Promise<Ending> {
  const { config } = gateway;
  const { surface, call, target } = passenger;
  exchange.outgoing.setHeader('x-gateway-backend', `u${target.upstream.id}`);
  const times = { firstMs: config.FIRST_SIGN_OF_LIFE_MS, everyMs: config.SIGN_OF_LIFE_EVERY_MS };
  const life = call.stream ? new SignsOfLife(exchange, surface.stream, times) : undefined;
  try {
    const reply = await forward(gateway, exchange, passenger);
    return await relay(reply, openPassage(exchange, passenger), exchange, {
      firstPieceTimeoutMs: config.FIRST_PIECE_TIMEOUT_MS,
      idleTimeoutMs: config.IDLE_TIMEOUT_MS,
      totalTimeoutMs: config.TOTAL_TIMEOUT_MS,
      callerReadTimeoutMs: config.CALLER_READ_TIMEOUT_MS,
      onFirstBytes: () => openStream(exchange, surface.stream.headers),
      onBytes: () => life?.postpone(),
    });
  } finally {
    life?.stop();
  }
}

function openPassage(exchange: Exchange, { surface, call, model, target }: Passenger): Passage {
  const identity = {
    id: exchange.requestId.slice('req_'.length),
    createdAtSeconds: Math.floor(Date.now() / 1000),
    model: model.name,
  };
  return backends[target.upstream.backend].passage(surface, call, identity);
}

function sendEnd(exchange: Exchange, surface: Surface, call: Call, ending: Ending): void {
  if (ending.kind === 'failed') throw ending.error;
  const { outgoing, facts } = exchange;
  facts.finish = ending.reason;
  if (ending.usage)
    Object.assign(facts, { promptTokens: ending.usage.prompt, outputTokens: ending.usage.output });
  if (call.stream) {
    openStream(exchange, surface.stream.headers);
    outgoing.end(ending.held);
  } else {
    outgoing.setHeader('openai-processing-ms', Math.round(performance.now() - exchange.arrivedAtMs));
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(ending.held) };
    outgoing.writeHead(200, headers).end(ending.held);
  }
}

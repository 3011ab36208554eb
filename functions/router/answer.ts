import type { CatalogSnapshot } from '#shared/catalog/catalog.ts';
import { asGatewayError } from '#shared/errors.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import type { Caller } from '#shared/keys/find-key.ts';
import type { Gateway } from './gateway.ts';
import { hold } from './hold/hold.ts';
import { SignsOfLife } from './signs-of-life.ts';
import { requireModel } from './steps/find-model.ts';
import { readCall } from './steps/read-call.ts';
import { sendAnswered, sendEnd } from './steps/send-end.ts';
import { type Serving, serve } from './steps/serve.ts';
import type { Surface } from './surfaces/surface.ts';

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
    const admitted = await admit(gateway, surface, caller, catalog, exchange, life);
    if ('answered' in admitted) {
      sendAnswered(exchange, admitted.answered, config.CALLER_READ_TIMEOUT_MS);
      return;
    }
    const { stream, serving } = admitted;
    const { held } = serving;
    const ending = await serve(gateway, exchange, serving).catch(async (error: unknown) => {
      await held.fail(asGatewayError(error));
      throw error;
    });
    await held.close(ending); // nothing is owed once the caller has seen the end
    sendEnd(exchange, stream ? surface.stream.headers : undefined, ending, config.CALLER_READ_TIMEOUT_MS);
  } finally {
    life.stop();
  }
}

/** All until the call may be worked on. Its prompt lives in `serving` alone, to be let go when the answer begins. */
async function admit(
  gateway: Gateway,
  surface: Surface,
  caller: Caller,
  catalog: CatalogSnapshot,
  exchange: Exchange,
  life: SignsOfLife,
): Promise<{ stream: boolean; serving: Serving } | { answered: object }> {
  const { call, letGo } = await readCall(surface, exchange, gateway.config, gateway.bodies);
  exchange.outgoing.once('close', letGo); // however it ends; an answer that begins lets go before
  if (call.stream) life.begin(call.model);
  const model = requireModel(catalog, caller, call.model);
  if (call.answered) return { answered: call.answered };
  void gateway.fleet.look(); // while the ledger decides
  const held = await hold(gateway, caller, exchange, { ...call, model: model.name });
  const { consumerId } = caller;
  return { stream: call.stream, serving: { call, letGo, model, consumerId, held, life } };
}

import type { Fault } from '../fakes/ollama/faults.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { aServedGateway, type Backend } from './served-gateway.ts';

/** Which time-out is short. With the other ones as they are, no test is a race of two clocks. */
export type Patience = 'patient' | 'impatient for the first piece' | 'impatient in mid-stream';

const SHORT_MS = '150';

/**
 * Lets a call of the model `tiny`, and whatever the gateway does about it, meet a fault of its upstream.
 *
 * @param call makes the call: without it, a chat in OpenAI's protocol.
 */
export async function aFaultyUpstream(backend: Backend, call = outcomeOf) {
  const [patient, atFirst, midStream] = await Promise.all([
    aServedGateway(),
    aServedGateway({ environment: { router: { FIRST_PIECE_TIMEOUT_MS: SHORT_MS } } }),
    aServedGateway({ environment: { router: { IDLE_TIMEOUT_MS: SHORT_MS } } }),
  ]);
  const gateways = {
    patient,
    'impatient for the first piece': atFirst,
    'impatient in mid-stream': midStream,
  } satisfies Record<Patience, unknown>;
  return async (fault: Fault, stream: boolean, patience: Patience = 'patient'): Promise<Outcome> => {
    const gateway = gateways[patience];
    gateway.fake.faults.always(fault);
    const outcome = await call(gateway, `${backend}/tiny`, stream);
    gateway.fake.faults.clear();
    return outcome;
  };
}

export const TINY_SAYS = 'Hello, 世界! 🌍 Grüße.';

export const wholeAnswer: Outcome = { status: 200, code: null, text: TINY_SAYS };
/** An error with a status of its own. */
export const refused = (status: number, code: string): Outcome => ({ status, code, text: '' });
/** An error inside a stream, after this text. */
export const brokenAfter = (text: string, code: string): Outcome => ({ status: 200, code, text });

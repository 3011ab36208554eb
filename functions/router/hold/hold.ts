import { GatewayError } from '#shared/errors.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import type { Caller } from '#shared/keys/find-key.ts';
import type { Admission } from '#shared/ledger/verdict.ts';
import type { Call } from '#shared/protocol/call.ts';
import type { Gateway } from '../gateway.ts';
import { HeldCall } from './held-call.ts';
import { refusalError } from './refusal-error.ts';
import { showLimits } from './show-limits.ts';

const TAG_LIMIT = 128;
/** At a million tokens each, which a catalog may say, the ledger can count so many and not many more. */
const IMAGES_LIMIT = 2_000;

/**
 * Sets aside what the call may cost, before any work is done for it.
 *
 * @throws GatewayError `invalid_request` for more images than can be counted; when a limit has no room, the key may not be used any more, or the ledger cannot be reached.
 */
export async function hold(
  gateway: Gateway,
  caller: Caller,
  exchange: Exchange,
  call: Call,
): Promise<HeldCall> {
  const admission = admissionOf(caller, exchange, call);
  const verdict = await gateway.ledger.admit(admission).catch((error: unknown) => {
    // The admission may still arrive: its request id is closed, so that it will find itself refused.
    void gateway.ledger.close(neverHeld(admission)).catch(() => {});
    throw error;
  });
  showLimits(exchange.outgoing, verdict.limits ?? undefined);
  if (verdict.verdict === 'refused') throw refusalError(verdict, call.model);
  // The answer may end before it is said: the caller learns why.
  if (verdict.cut && !exchange.outgoing.headersSent)
    exchange.outgoing.setHeader('x-gateway-output-cap', verdict.cap);
  return new HeldCall(gateway.ledger, exchange, admission, verdict);
}

function admissionOf(caller: Caller, { incoming, requestId }: Exchange, call: Call): Admission {
  const tag = incoming.headers['x-gateway-tag'];
  const size = call.size();
  if (size.images > IMAGES_LIMIT) throw tooManyImages(size.images);
  return {
    requestId,
    keyId: caller.keyId,
    consumerId: caller.consumerId,
    rootId: caller.rootId,
    address: caller.address,
    model: call.model,
    prompt: size,
    prompts: call.task.kind === 'chat' ? 1 : size.messages,
    outputCap: call.outputCap,
    choices: call.choices,
    endUser: call.endUser,
    tag: typeof tag === 'string' ? textOf(tag).slice(0, TAG_LIMIT) : undefined,
  };
}

const tooManyImages = (images: number) =>
  new GatewayError(
    'invalid_request',
    `A request may have ${IMAGES_LIMIT} images, and this one has ${images}.`,
    {
      param: 'messages',
    },
  );

/** Node reads headers byte by byte; people write UTF-8. */
const textOf = (header: string) => Buffer.from(header, 'latin1').toString('utf8');

const neverHeld = ({ requestId, keyId, consumerId, rootId, model }: Admission) => ({
  requestId,
  keyId,
  consumerId,
  rootId,
  model,
  outcome: 'released' as const,
  prompt: 0,
  output: 0,
  source: 'counted' as const,
  promptReported: undefined,
  outputReported: undefined,
  outputCounted: 0,
  upstream: undefined,
  attempts: [],
  reason: 'not_admitted',
  firstTokenMs: undefined,
  totalMs: 0,
});

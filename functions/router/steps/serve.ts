import type { Model, Route } from '#shared/catalog/catalog.ts';
import { asGatewayError } from '#shared/errors.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import { answerIdentity } from '#shared/protocol/answer-identity.ts';
import type { Call } from '#shared/protocol/call.ts';
import type { Ending } from '#shared/protocol/passage.ts';
import { deadlinesOf } from '../deadlines.ts';
import { Conversing } from '../fleet/conversing.ts';
import type { Outcome, Place } from '../fleet/place.ts';
import type { Gateway } from '../gateway.ts';
import { callerGone } from '../giving-up.ts';
import type { HeldCall } from '../hold/held-call.ts';
import { resolveImages } from '../images/resolve-images.ts';
import { passageOf } from '../passage-of.ts';
import type { SignsOfLife } from '../signs-of-life.ts';
import { forward } from './forward.ts';
import { relay } from './relay.ts';

/** A call that is admitted and on its way. */
export interface Serving {
  /** Let go when the answer begins: a prompt is not kept in memory while its answer is relayed. */
  call: Call | undefined;
  letGo(): void;
  model: Model;
  consumerId: number;
  held: HeldCall;
  life: SignsOfLife;
}

/** Before the same upstream is asked again. */
const PAUSE_MS = { least: 50, more: 200 };

/**
 * Has the call answered, by one upstream or, while nothing of an answer has come, by another. What the caller may not
 * see before the ledger has settled is in the ending.
 *
 * @throws GatewayError `server_overloaded` when nothing can serve it; what the request itself is refused for.
 */
export async function serve(gateway: Gateway, exchange: Exchange, serving: Serving): Promise<Ending> {
  const { fleet, retries } = gateway;
  const { model, consumerId, held } = serving;
  const tried = new Set<Route>();
  /** Those that this call does not ask again. */
  const done = new Set<Route>();
  const conversing = new Conversing(fleet.affinity, exchange, consumerId, serving.call!, model);
  const wish = {
    tried,
    prefers: (routes: readonly Route[]) => conversing.prefers(routes),
    header: (name: string) => headerOf(exchange, name),
    chance: Math.random(),
  };
  const ends = [exchange.hungUp, held.gone];
  retries.earn();
  // Before a place is taken: storage may be slow, and meanwhile a model would stand idle.
  if (gateway.images.areOffered && mayBeTranslated(serving.call!, model))
    serving.call = await resolveImages(serving.call!, gateway.images, AbortSignal.any(ends));
  let failed: Ending | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const left = { ...model, routes: model.routes.filter((route) => !done.has(route)) };
    const place = await fleet.place({ model: left, consumerId, wish, ends }).catch((error: unknown) => {
      if (exchange.hungUp.aborted) throw callerGone();
      if (!failed) throw error;
    });
    if (!place) return failed!;
    if (place.because === 'again') await pause();
    conversing.isAt(place.route);
    const ending = await tryAt(gateway, exchange, serving, place);
    const isOver =
      !mayTryAgain(ending, serving) ||
      ends.some(({ aborted }) => aborted) ||
      attempt === gateway.config.MOST_ATTEMPTS;
    if (tried.has(place.route) || wasSilent(ending)) done.add(place.route);
    tried.add(place.route);
    if (isOver || done.size === model.routes.length || !retries.spend()) return ending;
    failed = ending;
  }
}

async function tryAt(gateway: Gateway, exchange: Exchange, serving: Serving, place: Place): Promise<Ending> {
  const { held, life, model } = serving;
  const { config } = gateway;
  const { timeouts } = place.route.upstream;
  const deadlines = deadlinesOf(exchange.arrivedAtMs, { ...config, ...timeouts });
  let ending: Ending;
  let isAsked = false;
  try {
    const message = await forward(gateway, exchange, {
      ...{ call: serving.call!, place, held, deadlines },
      onAsked: () => {
        isAsked = true;
      },
    });
    const identity = answerIdentity(exchange.requestId, model.name, Date.now());
    const passage = passageOf(serving.call!, place.route.upstream, identity, held);
    held.answeredBy(passage);
    ending = await relay(message, passage, exchange, {
      deadlines,
      idleTimeoutMs: timeouts.idleMs ?? config.IDLE_TIMEOUT_MS,
      callerReadTimeoutMs: config.CALLER_READ_TIMEOUT_MS,
      gone: held.gone,
      onBegun: () => {
        serving.call = undefined;
        serving.letGo();
        place.begun();
      },
      onBytes: () => life.bytes(),
    });
  } catch (error) {
    ending = { kind: 'failed', error: asGatewayError(error) };
  }
  place.leave(isAsked ? outcomeOf(ending) : { kind: 'unused' });
  if (isAsked && ending.kind === 'failed') held.attemptFailed(ending.error);
  return ending;
}

const mayBeTranslated = ({ native }: Call, { routes }: Model) =>
  routes.some(({ upstream }) => upstream.backend !== native?.protocol);

/** What says something of the upstream, and not of the request or the caller. */
const UPSTREAMS_FAULT: ReadonlySet<string> = new Set([
  'upstream_error',
  'upstream_timeout',
  'server_overloaded',
]);

/** What says nothing of the upstream. */
const NOT_UPSTREAMS: ReadonlySet<string> = new Set(['caller_gone', 'gateway_not_ready', 'internal_error']);

function outcomeOf(ending: Ending): Outcome {
  if (ending.kind === 'finished') return { kind: ending.isCut ? 'broken-off' : 'answered' };
  const { error } = ending;
  if (NOT_UPSTREAMS.has(error.failure)) return { kind: 'broken-off' };
  return UPSTREAMS_FAULT.has(error.failure) ? { kind: 'failed', error } : { kind: 'answered' };
}

/** As long as nothing of an answer has come: the prompt is still there. */
const mayTryAgain = (ending: Ending, { call }: Serving) =>
  ending.kind === 'failed' && call !== undefined && UPSTREAMS_FAULT.has(ending.error.failure);

/** One that was silent for minutes would be so again; one that failed at once may be asked once more if there is no other. */
const wasSilent = (ending: Ending) => ending.kind === 'failed' && ending.error.failure === 'upstream_timeout';

function headerOf({ incoming }: Exchange, name: string): string | undefined {
  const value = incoming.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

const pause = () =>
  new Promise((resolve) => setTimeout(resolve, PAUSE_MS.least + PAUSE_MS.more * Math.random()));

import type { IncomingMessage, ServerResponse } from 'node:http';
import { newRequestId } from '../request-id.ts';
import { takePathKey } from './path-key.ts';

/** The facts of one request that its log line tells; collected while it runs. Never a key, a prompt or an answer. */
interface RequestFacts {
  consumerId?: number;
  keyId?: number;
  model?: string;
  stream?: boolean;
  upstream?: string;
  attempts?: number;
  promptTokens?: number;
  outputTokens?: number;
  usageSource?: 'reported' | 'counted';
  /** Why the ledger could not be told of the end; the hold is left to expiry. */
  unsettled?: string;
  finish?: string;
  /** From the arrival of the request to the first byte of an answer's content. */
  firstByteMs?: number;
  failure?: string;
  failureDetail?: object;
}

/** One request and its response, as Node has them: what is relayed goes to `outgoing` directly. */
export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly requestId: string;
  /** What stood in the path as a key; `incoming.url` is without it, so that nothing can show it. */
  readonly pathKey: string | undefined;
  /** `performance.now()` at arrival. */
  readonly arrivedAtMs: number;
  readonly facts: RequestFacts;
  /** Aborted when the caller goes away before the response has ended. */
  readonly hungUp: AbortSignal;
}

/** Opens the exchange: from here on every answer, of whatever kind, carries the request id. */
export function openExchange(incoming: IncomingMessage, outgoing: ServerResponse): Exchange {
  const requestId = newRequestId();
  const { url, key: pathKey } = takePathKey(incoming.url ?? '/');
  incoming.url = url;
  const hangUp = new AbortController();
  outgoing.setHeader('x-request-id', requestId);
  outgoing.setHeader('request-id', requestId); // as Anthropic's clients look for it
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) hangUp.abort();
  });
  return {
    incoming,
    outgoing,
    requestId,
    pathKey,
    arrivedAtMs: performance.now(),
    facts: {},
    hungUp: hangUp.signal,
  };
}

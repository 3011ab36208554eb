import type { IncomingMessage } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import { asGatewayError, GatewayError } from '#shared/errors.ts';
import { endWithin } from '#shared/http/end-within.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import { readBody } from '#shared/http/read-body.ts';
import type { Gateway } from '../gateway.ts';
import type { RouterEnv } from '../router-env.ts';
import { readError, retryAfter } from '../upstream/error-answer.ts';
import { send, type UpstreamRequest } from '../upstream/send.ts';
import { pullFailure, unanswered } from './pull-failure.ts';
import { relayPull } from './pull-relay.ts';
import { type PullRequest, readPullRequest } from './pull-request.ts';
import { refuseChange } from './refuse-change.ts';

const BODY_LIMIT_BYTES = 64 * 1024;

/** Nobody but the caller ends a pull. */
const NEVER = new AbortController().signal;

/**
 * `POST /api/pull`: for keys with the right `pull`, model-pull's own answer.
 *
 * @throws GatewayError `insufficient_scope` without the right; `not_found` where this gateway has no model-pull.
 */
export const pullModel =
  (gateway: Gateway) =>
  async (c: Context<RouterEnv>): Promise<Response> => {
    const { caller } = c.var;
    const exchange = c.env;
    const { config } = gateway;
    if (!caller.rights.includes('pull')) refuseChange(c);
    const store = storeOf(gateway);
    const wish = readPullRequest(
      await readBody(exchange.incoming, BODY_LIMIT_BYTES),
      config.JSON_DEPTH_LIMIT,
    );
    Object.assign(exchange.facts, { model: wish.model, stream: wish.stream, upstream: 'model-pull' });
    const reply = await ask(gateway, exchange, wish, requestOf(store, `key ${caller.keyId}`, wish));
    const type = wish.stream ? 'application/x-ndjson' : 'application/json';
    exchange.outgoing.writeHead(200, { 'content-type': type });
    await relayPull(reply, exchange, {
      idleTimeoutMs: wish.stream ? config.FIRST_PIECE_TIMEOUT_MS : config.TOTAL_TIMEOUT_MS,
      callerReadTimeoutMs: config.CALLER_READ_TIMEOUT_MS,
    });
    endWithin(exchange.outgoing, '', config.CALLER_READ_TIMEOUT_MS);
    return RESPONSE_ALREADY_SENT;
  };

interface Store {
  url: URL;
  secret: string;
}

function storeOf({ config: { MODEL_PULL_URL: base, INTERNAL_SECRET: secret } }: Gateway): Store {
  if (base !== undefined && secret !== undefined)
    return { url: new URL(`${base.replace(/\/+$/, '')}/api/pull`), secret };
  throw new GatewayError('not_found', 'This gateway has no store of models: nothing can be pulled here.');
}

/** Of the caller's request, what was understood and nothing else. */
function requestOf({ url, secret }: Store, subject: string, wish: PullRequest): UpstreamRequest {
  return {
    url,
    body: Buffer.from(JSON.stringify(wish)),
    async headers() {
      const { signCredential } = await import('#shared/credential/sign-credential.ts');
      const demand = { audience: 'model-pull', subject, method: 'POST', path: url.pathname } as const;
      return {
        accept: 'application/x-ndjson',
        authorization: `Bearer ${await signCredential(secret, demand)}`,
      };
    },
  };
}

/** A whole answer comes when the pull is over; the head of a stream comes at once, but for a cold start. */
async function ask(
  { connections, config }: Gateway,
  { hungUp, facts }: Exchange,
  { stream }: PullRequest,
  request: UpstreamRequest,
): Promise<IncomingMessage> {
  facts.attempts = 1;
  const waitMs = stream ? config.FIRST_PIECE_TIMEOUT_MS : config.TOTAL_TIMEOUT_MS;
  const reply = await send(connections, request, {
    connectTimeoutMs: config.CONNECT_TIMEOUT_MS,
    firstByteAtMs: performance.now() + waitMs,
    hungUp,
    gone: NEVER,
    onResend() {
      facts.attempts = 2;
    },
  }).catch((error: unknown) => {
    throw unanswered(asGatewayError(error));
  });
  if (reply.statusCode === 200) return reply;
  const retryAfterMs = retryAfter(reply.headers['retry-after']);
  throw pullFailure(reply.statusCode ?? 502, await readError(reply), retryAfterMs);
}

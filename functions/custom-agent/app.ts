import { timingSafeEqual } from 'node:crypto';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { asGatewayError, GatewayError } from '#shared/errors.ts';
import { noteFailure } from '#shared/http/access-log.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import { failedStream } from '#shared/protocol/openai/chat-chunks.ts';
import { errorObject } from '#shared/protocol/openai/error-object.ts';
import { modelObject } from '#shared/protocol/openai/model-object.ts';
import { agents } from './agents/registry.ts';
import { answer } from './answer.ts';
import type { CustomAgentConfig } from './config.ts';

export function createApp(config: CustomAgentConfig) {
  return new Hono<{ Bindings: Exchange }>()
    .use('/v1/*', async (c, next) => {
      requireSecret(c.env.incoming.headers.authorization, config.INTERNAL_SECRET);
      await next();
    })
    .get('/v1/models', (c) => c.json({ object: 'list', data: listAgents() }))
    .post('/v1/chat/completions', async (c) => {
      await answer(c.env, config);
      return RESPONSE_ALREADY_SENT;
    })
    .notFound((c) => tellFailure(new GatewayError('not_found', 'There is nothing here.'), c.env))
    .onError((error, c) => tellFailure(error, c.env));
}

function requireSecret(authorization: string | undefined, secret: string): void {
  const given = Buffer.from(authorization ?? '');
  const wanted = Buffer.from(`Bearer ${secret}`);
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return;
  throw new GatewayError('invalid_api_key', 'Agents answer to the router alone.');
}

const listAgents = () =>
  [...agents].map(([name, { description }]) =>
    modelObject({ name, description, kind: 'chat', capabilities: [], createdAtSeconds: 0 }),
  );

function tellFailure(thrown: unknown, exchange: Exchange): Response {
  const error = asGatewayError(thrown);
  noteFailure(exchange, error.failure, error.cause);
  if (exchange.outgoing.headersSent) {
    exchange.outgoing.end(failedStream(error));
    return RESPONSE_ALREADY_SENT;
  }
  return Response.json(errorObject(error), { status: error.status, headers: error.headers });
}

import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { secretsIn } from '#shared/credential/internal-secret.ts';
import { GatewayError } from '#shared/errors.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import { showsBearer } from '#shared/http/shows-bearer.ts';
import { tellFailure } from '#shared/http/tell-failure.ts';
import { failedStream } from '#shared/protocol/openai/chat-chunks.ts';
import { errorObject } from '#shared/protocol/openai/error-object.ts';
import { modelObject } from '#shared/protocol/openai/model-object.ts';
import { agents } from './agents/registry.ts';
import { answer } from './answer.ts';
import type { CustomAgentConfig } from './config.ts';

const form = { errorBody: errorObject, failedStream };

export function createApp(config: CustomAgentConfig) {
  const tell = (thrown: unknown, { env }: { env: Exchange }) =>
    tellFailure(thrown, env, form, config.CALLER_READ_TIMEOUT_MS);
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
    .notFound((c) => tell(new GatewayError('not_found', 'There is nothing here.'), c))
    .onError(tell);
}

function requireSecret(authorization: string | undefined, secret: string): void {
  if (secretsIn(secret).some((each) => showsBearer(authorization, each))) return;
  throw new GatewayError('invalid_api_key', 'Agents answer to the router alone.');
}

const listAgents = () =>
  [...agents].map(([name, { description }]) =>
    modelObject({ name, description, kind: 'chat', capabilities: [], createdAtSeconds: 0 }),
  );

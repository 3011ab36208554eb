import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { GatewayError } from '#shared/errors.ts';
import { answer } from './answer.ts';
import { authenticate } from './authenticate.ts';
import type { Gateway } from './gateway.ts';
import { getModel, listModels } from './list-models.ts';
import type { Readiness } from './readiness.ts';
import type { RouterEnv } from './router-env.ts';
import { openaiChat } from './surfaces/openai-chat.ts';
import type { Surface } from './surfaces/surface.ts';
import { tellFailure } from './tell-failure.ts';

export function createApp(gateway: Gateway, readiness: Readiness) {
  return new Hono<RouterEnv>()
    .use('/v1/*', readiness.gate(), authenticate(gateway))
    .get('/v1/models', listModels)
    .get('/v1/models/:id{.+}', getModel)
    .post('/v1/chat/completions', relayed(gateway, openaiChat))
    .notFound((c) => tellFailure(noSuchPath(c), c.env, openaiChat))
    .onError((error, c) => tellFailure(error, c.env, openaiChat));
}

/** A handler whose answer goes to Node's response directly; nothing of Hono's may touch it afterwards. */
const relayed = (gateway: Gateway, surface: Surface) => async (c: Context<RouterEnv>) => {
  await answer(gateway, surface, c.var.caller, c.var.catalog, c.env);
  return RESPONSE_ALREADY_SENT;
};

/** Says where we are: half of all first tries miss or double the `/v1`. */
function noSuchPath(c: Context<RouterEnv>): GatewayError {
  const message = `There is no ${c.req.method} ${c.req.path.slice(0, 100)} here. The base URL of this gateway ends in /v1.`;
  return new GatewayError('not_found', message);
}

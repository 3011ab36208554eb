import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { GatewayError } from '#shared/errors.ts';
import { tellFailure } from '#shared/http/tell-failure.ts';
import { answer } from './answer.ts';
import { authenticate } from './authenticate.ts';
import type { Gateway } from './gateway.ts';
import { getModel, listModels } from './list-models.ts';
import type { Readiness } from './readiness.ts';
import type { RouterEnv } from './router-env.ts';
import type { Surface } from './surfaces/surface.ts';
import { surfaceAt, surfaces } from './surfaces/surfaces.ts';
import { showReceipt, showUsage } from './usage/show-usage.ts';

export function createApp(gateway: Gateway, readiness: Readiness) {
  const tell = (thrown: unknown, c: Context<RouterEnv>) =>
    tellFailure(thrown, c.env, surfaceAt(c.req.path), gateway.config.CALLER_READ_TIMEOUT_MS);
  const app = new Hono<RouterEnv>()
    .use('/v1/*', readiness.gate(), authenticate(gateway))
    .get('/v1/models', listModels)
    .get('/v1/models/:id{.+}', getModel)
    .get('/v1/usage', showUsage(gateway))
    .get('/v1/usage/:id', showReceipt(gateway))
    .notFound((c) => tell(noSuchPath(c), c))
    .onError(tell);
  for (const [path, surface] of surfaces) app.post(path, relayed(gateway, surface));
  return app;
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

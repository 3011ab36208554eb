import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { GatewayError } from '#shared/errors.ts';
import { withoutKeys } from '#shared/http/path-key.ts';
import { tellFailure } from '#shared/http/tell-failure.ts';
import { answer } from './answer.ts';
import { authenticate } from './authenticate.ts';
import type { Gateway } from './gateway.ts';
import { getModel, listModels } from './list-models.ts';
import { ollamaIsRunning, ollamaVersion } from './ollama/identify.ts';
import { listLoaded, listTags } from './ollama/list-tags.ts';
import { pullModel } from './ollama/pull-model.ts';
import { CHANGES, refuseChange } from './ollama/refuse-change.ts';
import { showModel } from './ollama/show-model.ts';
import type { Readiness } from './readiness.ts';
import type { RouterEnv } from './router-env.ts';
import type { Surface } from './surfaces/surface.ts';
import { surfaceAt, surfaces } from './surfaces/surfaces.ts';
import { showReceipt, showUsage } from './usage/show-usage.ts';

export function createApp(gateway: Gateway, readiness: Readiness) {
  const tell = (thrown: unknown, c: Context<RouterEnv>) =>
    tellFailure(thrown, c.env, surfaceAt(c.req.path), gateway.config.CALLER_READ_TIMEOUT_MS);
  const ready = readiness.gate();
  const authenticated = authenticate(gateway);
  const app = new Hono<RouterEnv>()
    .use('/v1/*', ready, authenticated)
    .get('/v1/models', listModels)
    .get('/v1/models/:id{.+}', getModel)
    .get('/v1/usage', showUsage(gateway))
    .get('/v1/usage/:id', showReceipt(gateway))
    .get('/', ollamaIsRunning)
    .use('/api/*', ready, authenticated)
    .get('/api/version', ollamaVersion)
    .get('/api/tags', listTags)
    .get('/api/ps', listLoaded(gateway))
    .post('/api/show', showModel(gateway))
    .post('/api/pull', pullModel(gateway))
    .on(['GET', 'POST', 'DELETE'], CHANGES, refuseChange)
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

function noSuchPath(c: Context<RouterEnv>): GatewayError {
  const path = withoutKeys(c.req.path).slice(0, 100);
  return new GatewayError('not_found', `There is no ${c.req.method} ${path} here${whyNot(path)}.`);
}

/** Says where we are: half of all first tries miss or double the `/v1`. Who has it right is not sent looking for it. */
function whyNot(path: string): string {
  if (path === '/v1/messages/count_tokens') return ': tokens cannot be counted beforehand';
  if (/^\/(api|v1\/(v1|api))(\/|$)/.test(path))
    return '. The base URL of this gateway is its bare address for this client, which adds the rest';
  return path.startsWith('/v1/') ? '' : '. The base URL of this gateway ends in /v1';
}

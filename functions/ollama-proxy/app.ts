import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { GatewayError } from '#shared/errors.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import { tellFailure } from '#shared/http/tell-failure.ts';
import { errorBody, failedStream } from '#shared/protocol/ollama/error-body.ts';
import { answerInference, answerListing } from './answer.ts';
import { authenticate } from './authenticate.ts';
import { showMetrics } from './metrics/show-metrics.ts';
import type { OllamaProxy } from './proxy.ts';
import { readiness } from './readiness.ts';

type Env = { Bindings: Exchange };

/** A list of what is served, and not of what is not: whoever reaches Ollama itself can erase models, or have it fetch from anywhere. */
const INFERENCE = ['/api/chat', '/api/generate', '/api/embed'];
const LISTING = ['/api/version', '/api/tags', '/api/ps'];
const SHOW = '/api/show';

export function createApp(proxy: OllamaProxy) {
  const form = { errorBody, failedStream };
  const tell = (thrown: unknown, { env }: Context<Env>) =>
    tellFailure(env.hungUp.aborted ? callerGone() : thrown, env, form, proxy.config.CALLER_READ_TIMEOUT_MS);
  const app = new Hono<Env>()
    .use(countRequest(proxy))
    .get('/readyz', () => readiness(proxy))
    .use(authenticate(proxy.config))
    .get('/metrics', () => showMetrics(proxy))
    .get('/', async (c) => {
      await proxy.engine.life(proxy.config.QUEUE_WAIT_MS, c.env.hungUp);
      return c.text('Ollama is running');
    })
    .notFound((c) => tell(notServed(c), c))
    .onError(tell);
  for (const path of INFERENCE) app.post(path, relayed(proxy, answerInference));
  for (const path of LISTING) app.get(path, relayed(proxy, answerListing));
  return app.post(SHOW, relayed(proxy, answerListing));
}

/** A handler whose answer goes to Node's response directly; nothing of Hono's may touch it afterwards. */
const relayed = (proxy: OllamaProxy, answer: typeof answerInference) => async (c: Context<Env>) => {
  // Hono makes a GET of it, and would write a head after ours.
  if (c.env.incoming.method === 'HEAD') throw notServed(c);
  await answer(proxy, c.req.path, c.env);
  return RESPONSE_ALREADY_SENT;
};

const SERVED = new Set([...INFERENCE, ...LISTING, SHOW, '/', '/readyz', '/metrics']);

/** Of paths that are not served, whatever they are, one number. */
function countRequest({ metrics }: OllamaProxy): MiddlewareHandler<Env> {
  return async ({ env: { outgoing }, req }, next) => {
    const path = SERVED.has(req.path) ? req.path : 'other';
    outgoing.once('close', () => metrics.request(path, outgoing.headersSent ? outgoing.statusCode : 499));
    await next();
  };
}

const callerGone = () => new GatewayError('caller_gone', 'The caller hung up.');

const notServed = ({ req }: Context<Env>) =>
  new GatewayError(
    'not_found',
    `There is no ${req.method} ${req.path.slice(0, 100)} here: this function answers and lists, models are managed elsewhere.`,
  );

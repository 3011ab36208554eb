import { type Context, Hono } from 'hono';
import { GatewayError } from '#shared/errors.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import { tellFailure } from '#shared/http/tell-failure.ts';
import { failedStream } from '#shared/protocol/openai/chat-chunks.ts';
import { errorObject } from '#shared/protocol/openai/error-object.ts';
import { authenticate } from './authenticate.ts';
import type { Console } from './console.ts';
import { showMetrics } from './metrics/show-metrics.ts';

type Env = { Bindings: Exchange };

const form = { errorBody: errorObject, failedStream };

/** The control plane: nothing here is for callers with a key, and no prompt comes by. */
export function createApp(console: Console) {
  const tell = (thrown: unknown, { env }: Context<Env>) =>
    tellFailure(thrown, env, form, console.config.CALLER_READ_TIMEOUT_MS);
  return new Hono<Env>()
    .use(authenticate(console.config))
    .get('/metrics', () => showMetrics(console))
    .notFound((c) => tell(new GatewayError('not_found', 'There is nothing here.'), c))
    .onError(tell);
}

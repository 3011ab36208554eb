import { timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { CredentialCheck } from '#shared/credential/check-credential.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import type { OllamaProxyConfig } from './config.ts';

type Env = { Bindings: Exchange };

/** Lets a request through that a function of ours has signed, once, and nobody else. */
export function authenticate({ INTERNAL_SECRET, METRICS_TOKEN }: OllamaProxyConfig): MiddlewareHandler<Env> {
  const check = new CredentialCheck(INTERNAL_SECRET, 'ollama-proxy');
  return async (c, next) => {
    if (!isScrape(c, METRICS_TOKEN)) await check.subject(shownIn(c));
    await next();
  };
}

const shownIn = ({ env: { incoming } }: Context<Env>) => ({
  authorization: incoming.headers.authorization,
  method: incoming.method!,
  path: incoming.url!.split('?', 1)[0]!,
});

function isScrape(c: Context<Env>, token: string | undefined): boolean {
  if (token === undefined || c.req.path !== '/metrics') return false;
  const given = Buffer.from(c.env.incoming.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

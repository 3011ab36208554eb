import type { Context, MiddlewareHandler } from 'hono';
import { CredentialCheck, shownBy } from '#shared/credential/check-credential.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import { showsBearer } from '#shared/http/shows-bearer.ts';
import type { OllamaProxyConfig } from './config.ts';

type Env = { Bindings: Exchange };

/** Lets a request through that a function of ours has signed, once, and nobody else. */
export function authenticate({ INTERNAL_SECRET, METRICS_TOKEN }: OllamaProxyConfig): MiddlewareHandler<Env> {
  const check = new CredentialCheck(INTERNAL_SECRET, 'ollama-proxy');
  return async (c, next) => {
    if (!isScrape(c, METRICS_TOKEN)) await check.subject(shownBy(c.env.incoming));
    await next();
  };
}

const isScrape = ({ req, env }: Context<Env>, token: string | undefined): boolean =>
  token !== undefined && req.path === '/metrics' && showsBearer(env.incoming.headers.authorization, token);

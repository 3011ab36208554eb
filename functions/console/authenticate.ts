import type { Context, MiddlewareHandler } from 'hono';
import { CredentialCheck, shownBy } from '#shared/credential/check-credential.ts';
import { GatewayError } from '#shared/errors.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import { showsBearer } from '#shared/http/shows-bearer.ts';
import type { ConsoleConfig } from './config.ts';

type Env = { Bindings: Exchange };

/** Lets a request through that shows the token of whoever scrapes, or that a function of ours has signed. */
export function authenticate({ INTERNAL_SECRET, METRICS_TOKEN }: ConsoleConfig): MiddlewareHandler<Env> {
  const credentials =
    INTERNAL_SECRET === undefined ? undefined : new CredentialCheck(INTERNAL_SECRET, 'console');
  return async (c, next) => {
    if (!isScrape(c, METRICS_TOKEN)) {
      if (!credentials) throw new GatewayError('invalid_api_key', 'This is for the operator alone.');
      await credentials.subject(shownBy(c.env.incoming));
    }
    await next();
  };
}

const isScrape = ({ req, env }: Context<Env>, token: string | undefined): boolean =>
  token !== undefined && req.path === '/metrics' && showsBearer(env.incoming.headers.authorization, token);

import { timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { CredentialCheck } from '#shared/credential/check-credential.ts';
import { GatewayError } from '#shared/errors.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import type { ConsoleConfig } from './config.ts';

type Env = { Bindings: Exchange };

/** Lets a request through that shows the token of whoever scrapes, or that a function of ours has signed. */
export function authenticate({ INTERNAL_SECRET, METRICS_TOKEN }: ConsoleConfig): MiddlewareHandler<Env> {
  const credentials =
    INTERNAL_SECRET === undefined ? undefined : new CredentialCheck(INTERNAL_SECRET, 'console');
  return async (c, next) => {
    if (!isScrape(c, METRICS_TOKEN)) {
      if (!credentials) throw new GatewayError('invalid_api_key', 'This is for the operator alone.');
      await credentials.subject(shownIn(c));
    }
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

import { createSecretKey } from 'node:crypto';
import { createMiddleware } from 'hono/factory';
import { NaturalBatch } from '#shared/db/natural-batch.ts';
import { GatewayError } from '#shared/errors.ts';
import { callerAddress } from '#shared/http/caller-address.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import { type FoundKey, findKeys, type ShownKey } from '#shared/keys/find-key.ts';
import { keyHmac } from '#shared/keys/key-hmac.ts';
import { publicIdOf } from '#shared/keys/key-token.ts';
import type { Gateway } from './gateway.ts';
import { addressRefused, invalidKey } from './hold/refusal-error.ts';
import type { RouterEnv } from './router-env.ts';

/**
 * Finds out who calls, from `Authorization: Bearer`, `x-api-key` or the front of the path (`/k/<key>/…`), and reads
 * the catalog anew if it has changed.
 *
 * @throws GatewayError `invalid_api_key`, in the same words whatever is wrong: nobody learns which keys exist.
 */
export function authenticate(gateway: Gateway) {
  const { database, config } = gateway;
  const pepper = createSecretKey(config.KEY_PEPPER, 'utf8');
  const keys = new NaturalBatch<ShownKey, FoundKey>(
    (shown) => database.read((db) => findKeys(db, shown)),
    MAX_BATCH,
  );
  return createMiddleware<RouterEnv>(async function authenticate(c, next) {
    const exchange = c.env;
    const token = tokenOf(exchange);
    const publicId = publicIdOf(token);
    if (publicId === undefined) throw invalidKey();
    const address = callerAddress(exchange.incoming, config.TRUSTED_PROXIES);
    const shown = { publicId, hmac: keyHmac(token, pepper), address };
    const { caller, mayCome, catalogVersion } = await keys.ask(shown);
    if (!caller) throw invalidKey();
    if (!mayCome) throw addressRefused();
    exchange.facts.consumerId = caller.consumerId;
    exchange.facts.keyId = caller.keyId;
    c.set('caller', caller);
    c.set('catalog', await gateway.catalog.at(catalogVersion));
    await next();
  });
}

const MAX_BATCH = 128;

/**
 * @throws GatewayError `invalid_request` for one key in a header and another in the path: which of the two pays is not
 *   for us to choose.
 */
function tokenOf({ incoming, pathKey }: Exchange): string {
  const { authorization, 'x-api-key': apiKey } = incoming.headers;
  const bearer = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  const shown = bearer ?? (typeof apiKey === 'string' ? apiKey : undefined);
  if (pathKey === undefined) return shown ?? '';
  if (shown === undefined || shown === pathKey) return pathKey;
  throw new GatewayError('invalid_request', 'One key stands in a header and another in the path. Show one.');
}

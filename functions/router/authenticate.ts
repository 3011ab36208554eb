import { createSecretKey } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { createMiddleware } from 'hono/factory';
import { NaturalBatch } from '#shared/db/natural-batch.ts';
import { callerAddress } from '#shared/http/caller-address.ts';
import { type FoundKey, findKeys, type ShownKey } from '#shared/keys/find-key.ts';
import { keyHmac } from '#shared/keys/key-hmac.ts';
import { publicIdOf } from '#shared/keys/key-token.ts';
import type { Gateway } from './gateway.ts';
import { addressRefused, invalidKey } from './hold/refusal-error.ts';
import type { RouterEnv } from './router-env.ts';

/**
 * Finds out who calls, from `Authorization: Bearer` or `x-api-key`, and reads the catalog anew if it has changed.
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
    const token = tokenOf(exchange.incoming.headers);
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

function tokenOf(headers: IncomingHttpHeaders): string {
  const bearer = /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  const apiKey = headers['x-api-key'];
  return bearer ?? (typeof apiKey === 'string' ? apiKey : '');
}

import type { Exchange } from '#shared/http/exchange.ts';
import type { Caller } from '#shared/keys/find-key.ts';
import type { CatalogSnapshot } from './catalog/catalog.ts';

/** What Hono carries from the door and the middleware to a handler. */
export interface RouterEnv {
  Bindings: Exchange;
  Variables: { caller: Caller; catalog: CatalogSnapshot };
}

import type { CatalogSnapshot } from '#shared/catalog/catalog.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import type { Caller } from '#shared/keys/find-key.ts';

/** What Hono carries from the door and the middleware to a handler. */
export interface RouterEnv {
  Bindings: Exchange;
  Variables: { caller: Caller; catalog: CatalogSnapshot };
}

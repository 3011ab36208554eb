import type { Exchange } from '#shared/http/exchange.ts';

export interface DepotEnv {
  Bindings: Exchange;
  Variables: {
    /** Who asks, as the credential says. */
    subject: string;
  };
}

import type { Route } from '#shared/catalog/catalog.ts';
import type { GatewayError } from '#shared/errors.ts';
import type { Because } from '#shared/routing/choose.ts';

/** How a try at a place ended. */
export type Outcome =
  | { kind: 'answered' }
  | { kind: 'unused' }
  /** The caller went away, or we broke off: it says nothing of the upstream, which may still be at work. */
  | { kind: 'broken-off' }
  | { kind: 'failed'; error: GatewayError }
  /** The upstream does not have the model. */
  | { kind: 'missing' };

/** A slot at an upstream, taken for one try of one call. */
export interface Place {
  route: Route;
  because: Because;
  /** The upstream has begun to answer. */
  begun(): void;
  /** Gives the slot back, once; what is learnt of the upstream is kept. */
  leave(outcome: Outcome): void;
}

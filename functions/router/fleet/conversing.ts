import type { Model, Route } from '#shared/catalog/catalog.ts';
import type { Exchange } from '#shared/http/exchange.ts';
import type { Call } from '#shared/protocol/call.ts';
import { type Affinity, digest } from './affinity.ts';

/** Where a call's conversation is best continued: where its caller says by a header, else where it began. */
export class Conversing {
  readonly #affinity: Affinity;
  readonly #session: string | undefined;
  readonly #opening: string | undefined;
  readonly #isContinued: boolean;

  constructor(
    affinity: Affinity,
    { incoming }: Exchange,
    consumerId: number,
    call: Call,
    { name, routes }: Model,
  ) {
    this.#affinity = affinity;
    const session = incoming.headers['x-gateway-session'];
    const own = (text: string) => digest(`${consumerId} ${name}\0${text}`);
    this.#session = typeof session === 'string' && session !== '' ? own(session) : undefined;
    // With one route there is no choice, and a long prompt need not be looked at.
    const conversation = routes.length > 1 && !this.#session ? call.conversation?.() : undefined;
    this.#opening = conversation && own(conversation.opening);
    this.#isContinued = conversation?.isContinued ?? false;
  }

  /** The first turn goes anywhere: many conversations may begin with the same words. */
  prefers(routes: readonly Route[]): Route | undefined {
    if (this.#session !== undefined) return this.#affinity.bySession(this.#session, routes);
    if (this.#opening === undefined || !this.#isContinued) return undefined;
    return this.#affinity.byOpening(this.#opening, routes);
  }

  isAt(route: Route): void {
    if (this.#opening !== undefined) this.#affinity.remember(this.#opening, route);
  }
}

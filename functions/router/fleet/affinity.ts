import { createHash } from 'node:crypto';
import type { Route } from '#shared/catalog/catalog.ts';

const REMEMBERED = 10_000;

/** Where conversations are: at the upstream that has read their beginning, so that its cache is of use. */
export class Affinity {
  /** Upstreams by conversation, the least recently used first. */
  readonly #places = new Map<string, number>();

  /** @param session what the caller named the conversation: any router finds the same upstream for it. */
  bySession(session: string, routes: readonly Route[]): Route | undefined {
    let best: Route | undefined;
    let most = '';
    for (const route of routes) {
      const score = digest(`${session}\0${route.upstream.id}`); // rendezvous hashing: few move when one goes
      if (score > most) [best, most] = [route, score];
    }
    return best;
  }

  /** @param opening how the conversation began */
  byOpening(opening: string, routes: readonly Route[]): Route | undefined {
    const upstreamId = this.#places.get(opening);
    return routes.find(({ upstream }) => upstream.id === upstreamId);
  }

  remember(opening: string, { upstream }: Route): void {
    this.#places.delete(opening);
    this.#places.set(opening, upstream.id);
    if (this.#places.size > REMEMBERED) this.#places.delete(this.#places.keys().next().value!);
  }
}

export const digest = (text: string) => createHash('sha256').update(text).digest('base64url');

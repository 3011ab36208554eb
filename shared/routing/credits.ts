import type { Route } from '#shared/catalog/catalog.ts';

/** Nobody's turn is put off for longer than this many rounds, and nobody saves up more. */
const MOST_ROUNDS = 4;

/**
 * Smooth weighted round robin: each round gives every route its weight in credit, and the one that is taken pays for
 * all. So shares are exact over a few calls and never come in bursts (after nginx's `upstream` balancer).
 */
export class Credits {
  readonly #credits = new Map<string, number>();

  /**
   * Takes one of the favourites, unless another that is eligible has been put off for too long.
   *
   * @param round all that share the calls
   * @param eligible those of them that may be taken now; at least one
   * @param favourites those of the eligible that are better; at least one
   */
  take(round: readonly Route[], eligible: readonly Route[], favourites: readonly Route[]): Route {
    const price = round.reduce((sum, { weight }) => sum + weight, 0);
    for (const route of round) this.#give(route, route.weight, price);
    const owed = eligible.filter((route) => this.#of(route) >= MOST_ROUNDS * price);
    const taken = this.#richest(owed.length > 0 ? owed : favourites);
    this.#give(taken, -price, price);
    return taken;
  }

  #richest(routes: readonly Route[]): Route {
    return routes.reduce((best, route) => (this.#of(route) > this.#of(best) ? route : best));
  }

  #give(route: Route, credit: number, price: number): void {
    const most = MOST_ROUNDS * price;
    this.#credits.set(nameOf(route), Math.max(-most, Math.min(most, this.#of(route) + credit)));
  }

  #of(route: Route): number {
    return this.#credits.get(nameOf(route)) ?? 0;
  }
}

const nameOf = ({ upstream, model }: Route) => `${upstream.id} ${model}`;

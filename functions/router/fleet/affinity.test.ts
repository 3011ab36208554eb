import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anUpstream, aRoute } from '#shared/fixtures/routes.ts';
import { Affinity } from './affinity.ts';

const routes = [1, 2, 3, 4].map((id) => aRoute({ upstream: anUpstream({ id }) }));
const idOf = (route: (typeof routes)[number] | undefined) => route?.upstream.id;

describe('a session', () => {
  it('has the same upstream at every router, in whatever order they have the routes', () => {
    fc.assert(
      fc.property(fc.string(), fc.shuffledSubarray(routes, { minLength: 4 }), (session, shuffled) => {
        const [one, other] = [new Affinity(), new Affinity()];
        expect(idOf(one.bySession(session, shuffled))).toBe(idOf(other.bySession(session, routes)));
      }),
    );
  });

  it('moves only when its own upstream goes', () => {
    const affinity = new Affinity();
    for (let session = 0; session < 200; session += 1) {
      const before = affinity.bySession(String(session), routes);
      const left = affinity.bySession(String(session), routes.slice(1));
      if (before !== routes[0]) expect(left).toBe(before);
    }
  });

  it('leaves no upstream without sessions', () => {
    const affinity = new Affinity();
    const sessions = Array.from({ length: 200 }, (_, at) => idOf(affinity.bySession(String(at), routes)));
    expect(new Set(sessions)).toEqual(new Set([1, 2, 3, 4]));
  });
});

describe('a conversation', () => {
  it('is known again by its opening, where its upstream is still among the routes', () => {
    const affinity = new Affinity();
    affinity.remember('Hi', routes[2]!);
    expect(affinity.byOpening('Hi', routes)).toBe(routes[2]);
    expect(affinity.byOpening('Hi', routes.slice(0, 2))).toBeUndefined();
    expect(affinity.byOpening('Hello', routes)).toBeUndefined();
  });

  it('is forgotten when ten thousand others have come since', () => {
    const affinity = new Affinity();
    affinity.remember('first', routes[0]!);
    affinity.remember('kept', routes[0]!);
    for (let at = 0; at < 9_999; at += 1) {
      affinity.remember(String(at), routes[1]!);
      if (at === 5_000) affinity.remember('kept', routes[2]!);
    }
    expect(affinity.byOpening('first', routes)).toBeUndefined();
    expect(affinity.byOpening('kept', routes)).toBe(routes[2]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Model, Route } from '#shared/catalog/catalog.ts';
import { anUpstream, aRoute } from '../fixtures/routes.ts';
import { choose, type Wish } from './choose.ts';
import { Credits } from './credits.ts';
import type { RouteView } from './route-view.ts';

/** A route to an upstream of its own. */
const to = (id: number, rest: Partial<Route> = {}, slots?: number): Route =>
  aRoute({ upstream: anUpstream({ id, name: `u${id}`, ...(slots !== undefined && { slots }) }), ...rest });

const modelOf = (...routes: Route[]): Model => ({
  ...{ name: 'm', kind: 'chat', capabilities: [], createdAtSeconds: 0 },
  routes,
});

const aWish = (rest: Partial<Wish> = {}): Wish => ({
  tried: new Set(),
  prefers: () => undefined,
  header: () => undefined,
  chance: 0.99,
  ...rest,
});

type Views = Record<number, Partial<RouteView>>;
const viewOf =
  (views: Views = {}) =>
  ({ upstream }: Route): RouteView => ({
    ...{ inFlight: 0, health: 'closed', isBusy: false, model: 'unknown' },
    ...views[upstream.id],
  });

function chosen(model: Model, views?: Views, wish?: Partial<Wish>, credits = new Credits()) {
  const choice = choose(model, aWish(wish), viewOf(views), credits);
  return choice.kind === 'chosen' ? choice.route.upstream.id : choice.kind;
}

/** How often each upstream is chosen in so many calls, one after the other. */
function shares(model: Model, calls: number, views?: Views): Record<number, number> {
  const credits = new Credits();
  const counts: Record<number, number> = {};
  for (let call = 0; call < calls; call += 1) {
    const id = chosen(model, views, {}, credits) as number;
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts;
}

describe('among equals', () => {
  it('two share a thousand calls exactly', () => {
    expect(shares(modelOf(to(1), to(2)), 1000)).toEqual({ 1: 500, 2: 500 });
  });

  it('each gets what its weight says, to within one call, at any moment', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 300 }), (given, calls) => {
        const counts = shares(modelOf(...given.map((weight, index) => to(index, { weight }))), calls);
        const sum = given.reduce((one, other) => one + other);
        for (const [index, weight] of given.entries())
          expect(Math.abs((counts[index] ?? 0) - (calls * weight) / sum)).toBeLessThan(given.length);
      }),
    );
  });

  it('one that is to have more calls is not fuller for having them', () => {
    const model = modelOf(to(1, { weight: 3 }), to(2));
    const credits = new Credits();
    const views = { 1: { inFlight: 6 }, 2: { inFlight: 2 } };
    const ids = Array.from({ length: 400 }, () => chosen(model, views, {}, credits));
    expect(ids.filter((id) => id === 1)).toHaveLength(300);
  });

  it('turns come one by one, not in bursts', () => {
    const model = modelOf(to(1, { weight: 2 }), to(2));
    const credits = new Credits();
    expect([1, 2, 3, 4, 5, 6].map(() => chosen(model, {}, {}, credits))).toEqual([1, 2, 1, 1, 2, 1]);
  });
});

describe('before the turn', () => {
  it.each<[string, Views, number | string]>([
    ['one that rests', { 1: { health: 'open' } }, 2],
    ['one that did not list the model', { 1: { model: 'unlisted' } }, 2],
    ['one that does not have the model', { 1: { model: 'missing' } }, 2],
    ['one that is full', { 1: { inFlight: 4 } }, 2],
    ['one that says it is busy', { 1: { isBusy: true } }, 2],
    ['the fuller one', { 1: { inFlight: 2 }, 2: { inFlight: 1 } }, 2],
    ['one that must load the model first', { 1: { model: 'unloaded' }, 2: { model: 'loaded' } }, 2],
    ['a loaded one that is fuller', { 1: { model: 'loaded', inFlight: 2 }, 2: { model: 'unloaded' } }, 2],
    ['nobody, where all are full', { 1: { inFlight: 4 }, 2: { inFlight: 5 } }, 'full'],
    ['nobody, where all rest', { 1: { health: 'open' }, 2: { health: 'open' } }, 'unserved'],
    ['nobody, where none has it', { 1: { model: 'missing' }, 2: { model: 'missing' } }, 'unserved'],
    ['a full one, where the other rests', { 1: { inFlight: 4 }, 2: { health: 'open' } }, 'full'],
  ])('is passed over: %s', (_, views, expected) => {
    expect(chosen(modelOf(to(1, {}, 4), to(2, {}, 4)), views)).toBe(expected);
  });

  it('one that did not list the model is asked all the same, where there is no other', () => {
    expect(chosen(modelOf(to(1), to(2)), { 1: { model: 'unlisted' }, 2: { health: 'open' } })).toBe(1);
  });

  it('an upstream of unknown size is never full', () => {
    expect(chosen(modelOf(to(1)), { 1: { inFlight: 10_000 } })).toBe(1);
  });

  it('a model that is not loaded somewhere is loaded there after a few calls', () => {
    const counts = shares(modelOf(to(1), to(2)), 100, { 1: { model: 'loaded' }, 2: { model: 'unloaded' } });
    expect(counts[2]).toBeGreaterThan(0);
    expect(counts[1]).toBeGreaterThan(counts[2]!);
  });
});

describe('tiers', () => {
  const model = modelOf(to(1, {}, 1), to(2, {}, 1), to(3, { tier: 1 }));

  it('the lowest is used while anything in it is ready', () => {
    expect(chosen(model, { 1: { inFlight: 1 } })).toBe(2);
    expect(chosen(model, { 1: { inFlight: 1 }, 2: { health: 'open' } })).toBe(3);
  });

  it('a failure is tried elsewhere before it is tried again', () => {
    const [first, second, third] = model.routes;
    expect(chosen(model, {}, { tried: new Set([first!]) })).toBe(2);
    expect(chosen(model, {}, { tried: new Set([first!, second!]) })).toBe(3);
    const again = choose(
      model,
      aWish({ tried: new Set([first!, second!, third!]) }),
      viewOf(),
      new Credits(),
    );
    expect(again).toMatchObject({ kind: 'chosen', because: 'again' });
  });

  it('nothing is served by a model without routes', () => {
    expect(chosen(modelOf())).toBe('unserved');
  });
});

describe('a conversation', () => {
  const model = modelOf(to(1, {}, 8), to(2, {}, 8));
  const wish = { prefers: (routes: readonly Route[]) => routes.find(({ upstream }) => upstream.id === 2) };

  it('stays where it is', () => {
    const credits = new Credits();
    expect([1, 2, 3].map(() => chosen(model, {}, wish, credits))).toEqual([2, 2, 2]);
    expect(chosen(model, { 2: { inFlight: 3 } }, wish)).toBe(2);
  });

  it.each<[string, Views]>([
    ['is much fuller than the other', { 2: { inFlight: 4 } }],
    ['is full', { 2: { inFlight: 8 } }],
    ['rests', { 2: { health: 'open' } }],
  ])('leaves a place that %s', (_, views) => {
    expect(chosen(model, views, wish)).toBe(1);
  });
});

describe('a canary', () => {
  const model = modelOf(
    to(1),
    to(2, { canary: { percent: 10 } }),
    to(3, { canary: { header: { name: 'x-try', value: 'new' } } }),
  );
  const shows = (value: string) => ({ header: (name: string) => (name === 'x-try' ? value : undefined) });

  it('takes its share and no more', () => {
    const counts = { 1: 0, 2: 0 };
    for (let call = 0; call < 1000; call += 1)
      counts[chosen(model, {}, { chance: call / 1000 }) as 1 | 2] += 1;
    expect(counts).toEqual({ 1: 900, 2: 100 });
  });

  it('takes those that show its header, with its value', () => {
    expect(chosen(model, {}, shows('new'))).toBe(3);
    expect(chosen(model, {}, shows('old'))).toBe(1);
  });

  it('leaves its calls to the others when it cannot serve them', () => {
    expect(chosen(model, { 3: { health: 'open' } }, shows('new'))).toBe(1);
    expect(chosen(model, { 2: { health: 'open' } }, { chance: 0 })).toBe(1);
    expect(chosen(model, {}, { chance: 0, tried: new Set([model.routes[1]!]) })).toBe(1);
  });
});

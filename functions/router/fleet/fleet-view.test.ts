import { describe, expect, it } from 'vitest';
import type { UpstreamState } from '#shared/catalog/upstream-states.ts';
import { anUpstream, aRoute } from '#shared/fixtures/routes.ts';
import { FleetView } from './fleet-view.ts';

const upstream = anUpstream({ id: 1, name: 'u1', slots: 2 });
const route = aRoute({ upstream, model: 'Tiny' });
const WELL = { failures: 0, restsMs: 0, isOnTrial: false };

/** A view at a time that the test sets, and what the upstream's list said so long ago. */
function aView() {
  const clock = { nowMs: 1_000_000 };
  const view = new FleetView(() => clock.nowMs);
  const listed = (models: { has: string[]; loaded: string[] }, listAgeMs: number, elsewhere = 0) => {
    const names = { has: new Set(models.has), loaded: new Set(models.loaded) };
    const state: UpstreamState = { ...WELL, ...names, listAgeMs };
    view.learn({ states: new Map([[1, state]]), inFlight: new Map([['u1', elsewhere]]) });
  };
  return { view, clock, listed, model: () => view.of(route).model };
}

const HAS = { has: ['tiny:latest'], loaded: [] };
const LOADED = { has: ['tiny:latest'], loaded: ['tiny:latest'] };
const NONE = { has: [], loaded: [] };

describe('whether an upstream has a model', () => {
  it.each([
    ['it lists and has loaded, whatever its tag and case', LOADED, 'loaded'],
    ['it lists', HAS, 'unloaded'],
    ['it does not list', NONE, 'unlisted'],
  ])('is told by its list, of one that %s', (_, list, model) => {
    const { listed, model: seen } = aView();
    expect(seen()).toBe('unknown');
    listed(list, 0);
    expect(seen()).toBe(model);
  });

  it('is seen by a call that it told so, until its list says that it has it', () => {
    const { view, clock, listed, model } = aView();
    listed(HAS, 10);
    view.missing(route);
    expect(model()).toBe('missing');
    clock.nowMs += 1_000;
    listed(NONE, 0);
    expect(model()).toBe('missing');
    listed(HAS, 2_000); // older than the call
    expect(model()).toBe('missing');
    listed(HAS, 0);
    expect(model()).toBe('unloaded');
  });

  it('is seen by a call that it answered, also where its list has another name for it', () => {
    const { view, clock, listed, model } = aView();
    view.answered(route);
    listed(NONE, 0);
    expect(model()).toBe('loaded');
    clock.nowMs += 1_000;
    listed(HAS, 0);
    expect(model()).toBe('unloaded');
  });
});

describe('an upstream whose places other routers have', () => {
  it('is full, but not for one who has waited for a while and whose router has none of them', () => {
    const { view, listed } = aView();
    listed(LOADED, 0, 3);
    expect([view.of(route).inFlight, view.ofPatient(route).inFlight]).toEqual([3, 1]);
    view.own.add(upstream.id);
    expect([view.of(route).inFlight, view.ofPatient(route).inFlight]).toEqual([4, 4]);
  });
});

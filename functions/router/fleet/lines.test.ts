import { describe, expect, it } from 'vitest';
import type { Model } from '#shared/catalog/catalog.ts';
import { aRoute } from '#shared/fixtures/routes.ts';
import { Lines } from './lines.ts';
import type { Outcome, Place } from './place.ts';

const model: Model = { name: 'm', kind: 'chat', capabilities: [], createdAtSeconds: 0, routes: [] };
const linesOf = (rest = {}) =>
  new Lines({ length: 10, waitMs: 10_000, everyMs: 10_000, look: async () => {}, ...rest });

function aPlace(): Place & { left: Outcome[] } {
  const left: Outcome[] = [];
  return { route: aRoute(), because: 'turn', begun: () => {}, leave: (outcome) => left.push(outcome), left };
}

/** One who waits, and who can go away or be given a place at any moment. */
function aWaiter(lines: Lines) {
  const gone = new AbortController();
  let give: ((place: Place | undefined) => void) | undefined;
  const taken = () =>
    new Promise<Place | undefined>((resolve) => {
      give = resolve;
    });
  const waited = lines.wait({ model, consumerId: 1, ends: [gone.signal] }, taken);
  return {
    waited,
    isAsked: () => give !== undefined,
    give: (place: Place | undefined) => give?.(place),
    leave: () => gone.abort(new Error('gone')),
  };
}

describe('one who waits in line', () => {
  it('gives a place back that is found after it has gone', async () => {
    const lines = linesOf();
    const { waited, give, leave } = aWaiter(lines);
    leave();
    await expect(waited).rejects.toThrow('gone');
    const place = aPlace();
    give(place);
    await expect.poll(() => place.left).toEqual([{ kind: 'unused' }]);
  });

  it('does not take the line away from one who came after it', async () => {
    const lines = linesOf();
    const first = aWaiter(lines);
    first.leave();
    const second = aWaiter(lines); // before the first has noticed
    await expect(first.waited).rejects.toThrow('gone');
    expect(lines.isLineFor(model)).toBe(true);
    first.give(undefined);
    await expect.poll(() => second.isAsked()).toBe(true);
    const place = aPlace();
    second.give(place);
    expect(await second.waited).toBe(place);
    expect(lines.isLineFor(model)).toBe(false);
  });

  it.each([
    ['that is as long as it may be', { length: 0 }, 10_000],
    ['for longer than it may', { waitMs: 1 }, 1_000],
  ])('is refused, and told when to come back: in a line %s', async (_, options, retryAfterMs) => {
    const { waited } = aWaiter(linesOf(options));
    await expect(waited).rejects.toMatchObject({ failure: 'server_overloaded', retryAfterMs });
  });
});

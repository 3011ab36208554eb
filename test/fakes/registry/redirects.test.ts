import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aTinyModel } from './a-model.ts';
import { type FakeRegistry, startFakeRegistry } from './fake-registry.ts';
import { FORBIDDEN_ADDRESSES } from './forbidden-addresses.ts';
import type { Asked } from './records.ts';
import { got, head, locationOf, OLLAMA } from './test-client.ts';
import { startTrap } from './trap.ts';

let registry: FakeRegistry;
let url: string;
beforeEach(async () => {
  registry = await startFakeRegistry();
  const { digests } = registry.addModel('tiny', aTinyModel());
  url = `${registry.origin}/v2/library/tiny/blobs/${digests[1]}`;
});
afterEach(() => registry.stop());

/** One request of each kind that can be sent on. */
const ASK: Partial<Record<Asked, () => ReturnType<typeof got>>> = {
  manifest: () => got(`${registry.origin}/v2/library/tiny/manifests/latest`, OLLAMA),
  size: () => head(url),
  link: () => got(url),
  data: async () => got(locationOf(await got(url), url)),
  token: () => got(`${registry.origin}/token`),
};

describe.each(Object.keys(ASK) as Asked[])('a request for a %s', (at) => {
  it.each(Object.entries(FORBIDDEN_ADDRESSES))('can be sent to %s', async (_, to) => {
    registry.setFault({ at }, { kind: 'redirect', to, status: 302 });
    const { status, headers } = await ASK[at]!();
    expect([status, headers.location]).toEqual([302, to]);
  });

  it('can be sent nowhere', async () => {
    registry.setFault({ at }, { kind: 'redirect' });
    const { status, headers } = await ASK[at]!();
    expect([status, headers.location]).toEqual([307, undefined]);
  });
});

it('a redirect can lead to itself without end, each time by another address', async () => {
  registry.setFault({ at: 'link' }, { kind: 'redirect-loop', status: 308 });
  const seen = new Set<string>();
  for (let next = url; seen.size < 30; ) {
    const answer = await got(next);
    expect(answer.status).toBe(308);
    next = locationOf(answer, next);
    expect(seen).not.toContain(next);
    seen.add(next);
  }
});

it('a loop at the CDN keeps the signature', async () => {
  registry.setFault({ at: 'data', first: 3 }, { kind: 'redirect-loop' });
  let link = locationOf(await got(url), url);
  for (let hop = 0; hop < 3; hop += 1) link = locationOf(await got(link), link);
  expect((await got(link)).status).toBe(200);
});

it('a trap tells who came', async () => {
  const trap = await startTrap();
  try {
    registry.setFault({ at: 'link' }, { kind: 'redirect', to: `${trap.origin}/secret` });
    expect([trap.connections(), trap.visits]).toEqual([0, []]);
    await got(locationOf(await got(url), url), { authorization: 'Bearer secret' });
    expect(trap.visits).toMatchObject([
      { method: 'GET', url: '/secret', headers: { authorization: 'Bearer secret' } },
    ]);
    expect(trap.connections()).toBe(1);
  } finally {
    await trap.stop();
  }
});

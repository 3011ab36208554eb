import { afterAll, describe, expect, it } from 'vitest';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { HOSTILE_MANIFESTS } from '../fakes/registry/hostile-manifests.ts';
import { memoryOf } from '../helpers/memory-of.ts';
import { aModelPull } from '../helpers/model-pull.ts';
import { expectClear, linesOf, newestJob, published, pulled } from '../helpers/pulls.ts';

const MB = 1024 * 1024;
const registry = await startFakeRegistry();
afterAll(() => registry.stop());
const pull = await aModelPull({ registry });

const all = HOSTILE_MANIFESTS.map((hostile, number) => {
  const name = registry.addHostile(`bad-${number}`, hostile);
  return { ...hostile, model: `${registry.host}/${name}` };
});

describe('a manifest that means ill', () => {
  it.concurrent.each(all)(
    '($name) is refused with a reason, at once and in the stream',
    async ({ model }) => {
      const { status, body } = await pulled(pull, { model });
      expect([502, 503]).toContain(status); // the latter for one that has no room
      expect(Object.keys(body)).toEqual(['error']);
      expectClear(body.error, pull);
      const { state } = await newestJob(pull, model);
      expect(state).toMatchObject({ status: 'failed', reason: body.error });

      const lines = await linesOf(await pull.ask('POST', '/api/pull', { model }));
      expect(lines.at(-1)).toEqual(body);
      expect(lines.filter(({ error }) => error !== undefined)).toHaveLength(1);
    },
  );
});

describe('after all of them', () => {
  it('nothing can be seen', async () => {
    expect(await published(pull.store)).toEqual([]);
    const { models } = (await (await pull.ask('GET', '/api/tags')).json()) as { models: object[] };
    expect(models).toEqual([]);
  });

  it('nothing was asked for but manifests and configs', () => {
    const configs = new Set(registry.requests.filter(({ digest }) => digest).map(({ digest }) => digest));
    expect(configs.size).toBeLessThanOrEqual(2);
    const asked = registry.requests.map((request) => request.asked);
    expect(asked.filter((each) => each === 'manifest').length).toBe(2 * all.length);
    expect(registry.requests.filter(({ url }) => url.includes('..'))).toEqual([]);
  });

  it('no more of one without an end was read than a manifest may have, and memory is as before', async () => {
    const endless = all.find(({ name }) => name === 'no end')!;
    const [name] = endless.model.split('/').slice(-1);
    const read = registry.requests.filter(({ model }) => model === `library/${name}`);
    expect(read.map(({ ending }) => ending)).toEqual(['left', 'left']);
    for (const { bytesSent } of read) expect(bytesSent).toBeLessThan(16 * MB); // what the kernels hold, too
    expect(await memoryOf(pull.child)).toMatchObject({ peakBytes: expect.toSatisfy((n) => n < 250 * MB) });
  });
});

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { between, chance } from '../helpers/chaos-chance.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aDatabaseUrl } from '../helpers/database.ts';
import { aStoreFolder } from '../helpers/model-pull.ts';
import {
  aCall,
  aLongFile,
  aWorker,
  claimedBytes,
  leasesOf,
  MB,
  SUCCESS,
} from '../helpers/model-pull-chaos.ts';
import { modelsIn, problemsIn, watching } from '../helpers/model-pull-wholeness.ts';

/** How often each pull is killed; `CHAOS_KILLS=100` looks longer. */
const KILLS = Number(process.env.CHAOS_KILLS ?? 3);
/** With one part at a time the journal is written each 32 MB. */
const environment = { PULL_PARALLEL_PARTS: '1' };

const registry = await startFakeRegistry();
afterAll(() => registry.stop());
const databaseUrl = await aDatabaseUrl();
const leases = leasesOf(databaseUrl);
const random = chance('kills');

const stores = await Promise.all([aStoreFolder(), aStoreFolder(), aStoreFolder()]);
function aWorkplace() {
  const store = stores.pop()!;
  const started = () => aWorker({ registry, databaseUrl, store, environment });
  return { store, started };
}

describe('a pull that is killed', () => {
  it('goes on from what was made sure of, and brings none of that again', async () => {
    const file = await aLongFile(70 * MB, 1);
    const model = registry.addModel('sure', aTinyModel({ model: file }));
    const { store, started } = aWorkplace();
    const stall = registry.setFault(
      { at: 'data', blob: file.digest, nth: 2 },
      { kind: 'stall', afterBytes: MB },
    );
    const first = await started();
    const broken = aCall(first, registry.nameOf(model));
    await eventually(() => claimedBytes(store, file.digest)).toBeGreaterThanOrEqual(32 * MB);
    await first.kill();
    stall.end();
    expect(await broken.ended).toBe('broken');
    const [claimed, served] = [claimedBytes(store, file.digest), registry.bytesServed(file.digest)];
    await leases.expire();
    const second = await started();
    expect(await aCall(second, registry.nameOf(model)).ended).toEqual(SUCCESS);
    expect(registry.bytesServed(file.digest) - served).toBe(file.size - claimed);
    expect(problemsIn(store)).toEqual([]);
    await second.kill();
  });

  it('at any byte leaves no name without its files, and is whole in the end', {
    timeout: 30_000 + KILLS * 5_000,
  }, async () => {
    const file = await aLongFile(70 * MB, 2);
    const model = registry.addModel('any-byte', aTinyModel({ model: file }));
    const { store, started } = aWorkplace();
    const watch = watching(store);
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const pull = await started();
      const before = registry.bytesServed(file.digest);
      const left = file.size - claimedBytes(store, file.digest);
      const wanted = before + between(random, 1, left);
      const call = aCall(pull, registry.nameOf(model));
      await Promise.race([registry.until(() => registry.bytesServed(file.digest) >= wanted), call.ended]);
      await pull.kill();
      await call.ended;
      // What was made sure of did not come again.
      expect(registry.bytesServed(file.digest) - before).toBeLessThanOrEqual(left);
      await leases.expire();
    }
    const pull = await started();
    const [before, claimed] = [registry.bytesServed(file.digest), claimedBytes(store, file.digest)];
    expect(await aCall(pull, registry.nameOf(model)).ended).toEqual(SUCCESS);
    expect(registry.bytesServed(file.digest) - before).toBeLessThanOrEqual(file.size - claimed);
    expect(watch.end()).toEqual([]);
    expect(modelsIn(store)).toEqual(['any-byte']);
    await pull.kill();
  });

  it('while it is being published is there as a whole or not at all', {
    timeout: 30_000 + KILLS * 5_000,
  }, async () => {
    const { store, started } = aWorkplace();
    const watch = watching(store);
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const parts = aTinyModel({ template: `{{ .Prompt }} ${kill}`, params: { num_ctx: 1024 + kill } });
      const model = registry.addModel(`publish-${kill}`, parts);
      const last = parts.layers.at(-1)!.content.digest;
      const pull = await started();
      const call = aCall(pull, registry.nameOf(model));
      await registry.until(() => registry.bytesServed(last) > 0);
      await Promise.race([delay(between(random, 0, 60)), call.ended]);
      await pull.kill();
      await call.ended;
      expect(problemsIn(store)).toEqual([]);
      await leases.expire();
      const again = await started();
      expect(await aCall(again, registry.nameOf(model)).ended).toEqual(SUCCESS);
      expect(modelsIn(store)).toContain(`publish-${kill}`);
      await again.kill();
    }
    expect(watch.end()).toEqual([]);
  });
});

import { afterAll, describe, expect, it } from 'vitest';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aDatabaseUrl } from '../helpers/database.ts';
import { aStoreFolder } from '../helpers/model-pull.ts';
import {
  aCall,
  aLongFile,
  aWorker,
  BATCH_BYTES,
  freeze,
  MB,
  newestJob,
  SUCCESS,
  stagedBytes,
  thaw,
} from '../helpers/model-pull-chaos.ts';
import { problemsIn, snapshotOf, watching } from '../helpers/model-pull-wholeness.ts';

const registry = await startFakeRegistry();
afterAll(() => registry.stop());
const databaseUrl = await aDatabaseUrl();
const store = await aStoreFolder();

/** Two workers with one store; the first is in the middle of a pull, and stands still until the second has taken over. */
async function aTakenOverPull(seed: number) {
  const start = (leaseMs: number) =>
    aWorker({ registry, databaseUrl, store, environment: { JOB_LEASE_MS: String(leaseMs) } });
  const [first, second] = await Promise.all([start(3_000), start(600_000)]);
  const file = await aLongFile(8 * MB, seed);
  const { digest } = file;
  const name = registry.nameOf(registry.addModel(`frozen-${seed}`, aTinyModel({ model: file })));
  const asked = () => registry.requests.filter((each) => each.asked === 'data' && each.digest === digest);
  const firstHeld = registry.setFault(
    { at: 'data', blob: digest, nth: 1 },
    { kind: 'stall', afterBytes: 2 * MB },
  );
  const secondHeld = registry.setFault(
    { at: 'data', blob: digest, nth: 2 },
    { kind: 'stall', afterBytes: 3 * MB },
  );
  const watch = watching(store);
  const toFirst = aCall(first, name);
  // All is written that came: a write that was handed to the kernel before the freeze may be done after it (decision 10).
  await eventually(() => stagedBytes(store, digest)).toBeGreaterThan(2 * MB - BATCH_BYTES);
  await freeze(first);
  const calls = { first: toFirst, second: aCall(second, name) };
  await registry.until(() => asked().length === 2);
  await eventually(() => stagedBytes(store, digest)).toBeGreaterThan(3 * MB - BATCH_BYTES);
  expect(await newestJob(second)).toMatchObject({ attempt: 2, state: { status: 'running' } });
  return { first, second, file, asked, firstHeld, secondHeld, watch, calls };
}

describe('a worker that stands still for longer than its lease', () => {
  it('writes nothing more when it goes on while another is at work, and waits for that one', async () => {
    const { first, second, file, asked, firstHeld, secondHeld, watch, calls } = await aTakenOverPull(1);
    // What comes now waits in its socket.
    firstHeld.release();
    await freeze(second); // so that whatever is written now the first has written
    const before = snapshotOf(store);
    thaw(first);
    await asked()[0]!.closed;
    await eventually(() => first.log.filter((line) => line.includes('"status":"lost"'))).toHaveLength(1);
    expect(snapshotOf(store)).toEqual(before);
    thaw(second);
    secondHeld.release();
    expect([await calls.first.ended, await calls.second.ended]).toEqual([SUCCESS, SUCCESS]);
    expect(watch.end()).toEqual([]);
    expect(registry.bytesServed(file.digest)).toBeLessThanOrEqual(2 * file.size);
    expect(await newestJob(first)).toMatchObject({ attempt: 2, state: { status: 'ready' } });
  });

  it('finds the model there when it goes on after the other is done, and changes nothing', async () => {
    const { first, firstHeld, secondHeld, watch, calls } = await aTakenOverPull(2);
    secondHeld.release();
    expect(await calls.second.ended).toEqual(SUCCESS);
    firstHeld.release();
    const before = snapshotOf(store);
    thaw(first);
    expect(await calls.first.ended).toEqual(SUCCESS);
    expect(snapshotOf(store)).toEqual(before);
    expect(watch.end()).toEqual([]);
    expect(problemsIn(store)).toEqual([]);
  });
});

import { once } from 'node:events';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aDatabaseUrl } from '../helpers/database.ts';
import { aStoreFolder, type ModelPull } from '../helpers/model-pull.ts';
import {
  aCall,
  aLongFile,
  aWorker,
  BATCH_BYTES,
  claimedBytes,
  MB,
  newestJob,
  openedPull,
  runPull,
  SUCCESS,
  stagedBytes,
} from '../helpers/model-pull-chaos.ts';
import { problemsIn } from '../helpers/model-pull-wholeness.ts';

const registry = await startFakeRegistry();
afterAll(() => registry.stop());
const databaseUrl = await aDatabaseUrl();
const store = await aStoreFolder();

/** Longer than any test waits: whoever goes on has not waited for a lease to end. */
const environment = { JOB_LEASE_MS: '600000' };
let seed = 0;

async function aHeldPull() {
  const start = () => aWorker({ registry, databaseUrl, store, environment });
  const [first, second] = await Promise.all([start(), start()]);
  const file = await aLongFile(4 * MB, ++seed);
  const name = registry.nameOf(registry.addModel(`given-back-${seed}`, aTinyModel({ model: file })));
  const held = registry.setFault(
    { at: 'data', blob: file.digest, nth: 1 },
    { kind: 'stall', afterBytes: 2 * MB },
  );
  /** All that came was written. */
  const isHeld = () =>
    eventually(() => stagedBytes(store, file.digest)).toBeGreaterThan(2 * MB - BATCH_BYTES);
  onTestFinished(held.release);
  return { first, second, file, name, isHeld };
}

const ends = {
  async 'FC says by /pre-stop that it ends'({ url }: ModelPull) {
    await fetch(`${url}/pre-stop`, { headers: { 'x-fc-control-path': '/pre-stop' } });
  },
  async 'a SIGTERM says that it ends'({ child }: ModelPull) {
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  },
};

describe.each(Object.entries(ends))('an instance that is in the middle of a pull when %s', (_, end) => {
  it('gives it back, tells its caller so, and another that waits goes on at once with what was brought', async () => {
    const { first, second, file, name, isHeld } = await aHeldPull();
    const id = await openedPull(first, name);
    const call = aCall(first, name);
    await isHeld();
    await end(first);
    expect(await call.ended).toEqual({ error: 'This was interrupted. Ask again to go on.' });
    expect(await newestJob(second)).toMatchObject({ id, state: { status: 'queued' } });
    const [claimed, served] = [claimedBytes(store, file.digest), registry.bytesServed(file.digest)];
    expect(claimed).toBeGreaterThan(2 * MB - BATCH_BYTES);
    expect(await runPull(second, id)).toMatchObject({ id, attempt: 2, state: { status: 'ready' } });
    expect(registry.bytesServed(file.digest) - served).toBe(file.size - claimed);
    expect(problemsIn(store)).toEqual([]);
  });

  it('has FC deliver its asynchronous call again, and one that waits elsewhere takes over', async () => {
    const { first, second, name, isHeld } = await aHeldPull();
    const id = await openedPull(first, name);
    const given = first.ask('POST', `/pulls/${id}/run`);
    await isHeld();
    const waiting = aCall(second, name);
    await end(first);
    const answer = await given;
    expect([answer.status, answer.headers.get('x-fc-status')]).toEqual([503, '404']);
    expect(await waiting.ended).toEqual(SUCCESS);
  });
});

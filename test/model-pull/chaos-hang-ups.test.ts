import { afterAll, describe, expect, it } from 'vitest';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aDatabaseUrl } from '../helpers/database.ts';
import { aModelPull, aStoreFolder } from '../helpers/model-pull.ts';
import {
  aCall,
  aLongFile,
  BATCH_BYTES,
  claimedBytes,
  MB,
  newestJob,
  openedPull,
  runPull,
  SUCCESS,
  stagedBytes,
} from '../helpers/model-pull-chaos.ts';
import { modelsIn, problemsIn } from '../helpers/model-pull-wholeness.ts';

const registry = await startFakeRegistry();
afterAll(() => registry.stop());
const databaseUrl = await aDatabaseUrl();
const store = await aStoreFolder();
const start = () => aModelPull({ registry, databaseUrl, store });
const [one, other] = await Promise.all([start(), start()]);

let seed = 0;
/** A model of which half of the file comes, and the rest when it is let go. */
async function aHeldModel() {
  seed += 1;
  const file = await aLongFile(4 * MB, seed);
  const { digest } = file;
  const model = `left-${seed}`;
  const name = registry.nameOf(registry.addModel(model, aTinyModel({ model: file })));
  const { release } = registry.setFault(
    { at: 'data', blob: digest, nth: 1 },
    { kind: 'stall', afterBytes: 2 * MB },
  );
  const isHeld = () => eventually(() => stagedBytes(store, digest)).toBeGreaterThan(2 * MB - BATCH_BYTES);
  return { file, model, name, isHeld, release };
}

const statusOf = async () => (await newestJob(one)).state.status;

describe('a caller who hangs up', () => {
  it('ends the pull when nobody else waits; what was brought is kept, and the next call goes on with it', async () => {
    const { file, model, name, isHeld } = await aHeldModel();
    const call = aCall(one, name);
    await isHeld();
    call.hangUp();
    await eventually(statusOf).toBe('stopped');
    expect(modelsIn(store)).not.toContain(model);
    const [claimed, served] = [claimedBytes(store, file.digest), registry.bytesServed(file.digest)];
    expect(claimed).toBeGreaterThan(2 * MB - BATCH_BYTES);
    expect(await aCall(other, name).ended).toEqual(SUCCESS);
    expect(registry.bytesServed(file.digest) - served).toBe(file.size - claimed);
  });

  it('changes nothing for another who waits at the same instance', async () => {
    const { file, name, isHeld, release } = await aHeldModel();
    const [leaves, stays] = [aCall(one, name), aCall(one, name)];
    await isHeld();
    await eventually(() => stays.lines.length).toBeGreaterThan(0);
    leaves.hangUp();
    expect(await leaves.ended).toBe('broken');
    release();
    expect(await stays.ended).toEqual(SUCCESS);
    expect(registry.bytesServed(file.digest)).toBe(file.size);
    expect(await newestJob(one)).toMatchObject({ attempt: 1, state: { status: 'ready' } });
  });

  it('leaves the work to another instance where somebody waits', async () => {
    const { name, isHeld } = await aHeldModel();
    const leaves = aCall(one, name);
    await isHeld();
    const stays = aCall(other, name);
    await eventually(() => stays.lines.length).toBeGreaterThan(0);
    leaves.hangUp();
    expect(await stays.ended).toEqual(SUCCESS);
  });

  it('leaves the work to an asynchronous call that was delivered to another instance', async () => {
    const { name, isHeld } = await aHeldModel();
    const id = await openedPull(one, name);
    const leaves = aCall(one, name);
    await isHeld();
    const run = runPull(other, id);
    leaves.hangUp();
    expect(await run).toMatchObject({ id, state: { status: 'ready' } });
  });

  it('who comes back at once, again and again, gets the model', async () => {
    const { name, isHeld, release } = await aHeldModel();
    let call = aCall(one, name);
    await isHeld();
    for (let turn = 0; turn < 10; turn += 1) {
      const next = aCall(turn % 2 ? one : other, name);
      call.hangUp();
      call = next;
    }
    release();
    expect(await call.ended).toEqual(SUCCESS);
    expect(problemsIn(store)).toEqual([]);
  });
});

it('whoever asks for an end gets one, and those who wait are told', async () => {
  const { model, name, isHeld } = await aHeldModel();
  const calls = [aCall(one, name), aCall(other, name)];
  await isHeld();
  const { id } = await newestJob(one);
  await other.ask('POST', `/pulls/${id}/stop`);
  for (const { ended } of calls) expect(await ended).toEqual({ error: 'This was stopped.' });
  expect(modelsIn(store)).not.toContain(model);
  await one.ask('POST', `/pulls/${id}/retry`);
  expect(await runPull(other, id)).toMatchObject({ id, state: { status: 'ready' } });
});

import { afterAll, describe, expect, it } from 'vitest';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import type { Content } from '../fakes/registry/content.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aDatabaseUrl } from '../helpers/database.ts';
import { aModelPull, aStoreFolder } from '../helpers/model-pull.ts';
import {
  aCall,
  aLongFile,
  MB,
  newestJob,
  openedPull,
  runPull,
  SUCCESS,
} from '../helpers/model-pull-chaos.ts';
import { modelsIn, problemsIn } from '../helpers/model-pull-wholeness.ts';

const registry = await startFakeRegistry();
afterAll(() => registry.stop());
const databaseUrl = await aDatabaseUrl();
const store = await aStoreFolder();

const [one, other] = await Promise.all([
  aModelPull({ registry, databaseUrl, store }),
  aModelPull({ registry, databaseUrl, store }),
]);

let seed = 0;
const aFile = () => aLongFile(2 * MB, ++seed);
const aModel = (name: string, model: Content, template = name) => {
  const added = registry.addModel(name, aTinyModel({ model, template: `${template} {{ .Prompt }}` }));
  return registry.nameOf(added);
};
/** Holds a blob in the middle. @returns what lets it go on, and that it is held by now. */
function hold({ digest }: Content) {
  const stall = registry.setFault({ at: 'data', blob: digest }, { kind: 'stall', afterBytes: MB });
  const isHeld = registry.until(() => registry.bytesServed(digest) >= MB);
  return { isHeld, release: stall.release };
}

describe('two instances with one store', () => {
  it('bring a model once when both are asked for it, and tell both callers how far it is', async () => {
    const file = await aFile();
    const name = aModel('shared', file);
    const held = hold(file);
    const calls = [aCall(one, name), aCall(one, name), aCall(other, name), aCall(other, name)];
    await held.isHeld;
    // The other is told from the database what the one has brought.
    for (const { lines } of calls) {
      await eventually(() =>
        lines.some(({ digest, completed = 0 }) => digest === file.digest && completed > 0),
      ).toBe(true);
    }
    held.release();
    for (const { ended } of calls) expect(await ended).toEqual(SUCCESS);
    expect(registry.bytesServed(file.digest)).toBe(file.size);
    expect(await newestJob(one)).toMatchObject({ attempt: 1, state: { status: 'ready' } });
    expect(problemsIn(store)).toEqual([]);
  });

  it('work once at a pull whose asynchronous call is delivered twice, or four times', async () => {
    const file = await aFile();
    const id = await openedPull(one, aModel('delivered', file));
    const held = hold(file);
    const runs = [runPull(one, id), runPull(other, id), runPull(one, id), runPull(other, id)];
    await held.isHeld;
    held.release();
    for (const job of await Promise.all(runs))
      expect(job).toMatchObject({ id, attempt: 1, state: { status: 'ready' } });
    expect(registry.bytesServed(file.digest)).toBe(file.size);
    expect(await runPull(other, id)).toMatchObject({ attempt: 1, state: { status: 'ready' } });
  });

  it('bring the file that two models share once', async () => {
    const file = await aFile();
    const held = hold(file);
    const first = aCall(one, aModel('sharing-1', file));
    await held.isHeld;
    const second = aCall(other, aModel('sharing-2', file));
    await eventually(async () => (await newestJob(other)).state.status).toBe('running');
    held.release();
    expect([await first.ended, await second.ended]).toEqual([SUCCESS, SUCCESS]);
    expect(registry.bytesServed(file.digest)).toBe(file.size);
    expect(modelsIn(store)).toEqual(expect.arrayContaining(['sharing-1', 'sharing-2']));
    expect(problemsIn(store)).toEqual([]);
  });

  it('change different models of the same files at once, each time a few', async () => {
    for (let round = 1; round <= 3; round += 1) {
      const file = await aFile();
      const names = [1, 2, 3, 4].map((n) => aModel(`at-once-${round}-${n}`, file));
      const calls = names.map((name, n) => aCall(n % 2 ? one : other, name));
      for (const { ended } of calls) expect(await ended).toEqual(SUCCESS);
      expect(registry.bytesServed(file.digest)).toBe(file.size);
    }
    expect(problemsIn(store)).toEqual([]);
  });
});

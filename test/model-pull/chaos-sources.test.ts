import { existsSync } from 'node:fs';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import type { Fault } from '../fakes/registry/faults.ts';
import type { Asked } from '../fakes/registry/records.ts';
import { aDatabaseUrl } from '../helpers/database.ts';
import { aModelPull, aStoreFolder } from '../helpers/model-pull.ts';
import { aCall, aLongFile, MB, newestJob, runPull, SUCCESS } from '../helpers/model-pull-chaos.ts';
import { modelsIn, problemsIn, watching } from '../helpers/model-pull-wholeness.ts';

const registry = await startFakeRegistry();
afterAll(() => registry.stop());
const databaseUrl = await aDatabaseUrl();
const store = await aStoreFolder();
const worker = (environment: Record<string, string>) =>
  aModelPull({ registry, databaseUrl, store, environment });
const [pull, full] = await Promise.all([
  worker({ PULL_STALL_MS: '500' }),
  worker({ PULL_DISK_RESERVE_BYTES: String(2 ** 50) }),
]);

let seed = 0;
async function aModel(name: string) {
  seed += 1;
  const file = await aLongFile(2 * MB, seed);
  return { file, name: registry.nameOf(registry.addModel(name, aTinyModel({ model: file }))) };
}

const inTheMiddle = { at: 'data', nth: 1 } as const;

describe('a registry that fails in the middle of a blob', () => {
  const passing: Record<string, Fault[]> = {
    resets: [{ kind: 'reset', afterBytes: MB }],
    stalls: [{ kind: 'stall', afterBytes: MB }],
    'is-silent': [{ kind: 'silence' }],
    'breaks-off': [{ kind: 'short', afterBytes: MB }],
    'ends-early': [{ kind: 'short', afterBytes: MB, says: 'nothing' }],
    'expires-link': [{ kind: 'reset', afterBytes: MB }, { kind: 'expire-link' }],
    'is-busy': [{ kind: 'status', status: 503 }],
  };
  it.concurrent.each(Object.entries(passing))(
    'for a moment (%s) is asked again, for what is missing',
    async (name, faults) => {
      const { file, name: model } = await aModel(name);
      registry.setFault({ ...inTheMiddle, blob: file.digest }, ...faults);
      expect(await aCall(pull, model).ended).toEqual(SUCCESS);
      expect(modelsIn(store)).toContain(name);
      expect(registry.bytesServed(file.digest)).toBeLessThanOrEqual(file.size + 2 * MB);
    },
  );

  it.concurrent('with a burst of errors of all blobs is waited for', async () => {
    const { name } = await aModel('bursts');
    registry.setFault({ at: 'link', model: 'library/bursts', first: 2 }, { kind: 'status', status: 500 });
    expect(await aCall(pull, name).ended).toEqual(SUCCESS);
  });

  it.concurrent('by giving wrong bytes is found out: nothing is published, and a right blob heals it', async () => {
    const { file, name } = await aModel('wrong');
    const wrong = registry.setFault({ at: 'data', blob: file.digest }, { kind: 'wrong-byte', at: MB + 17 });
    expect(await aCall(pull, name).ended).toEqual({ error: expect.stringContaining('digest mismatch') });
    expect(modelsIn(store)).not.toContain('wrong');
    wrong.end();
    expect(await aCall(pull, name).ended).toEqual(SUCCESS);
  });

  const final: Record<string, Fault[]> = {
    'has-lost-it': [{ kind: 'status', status: 404 }],
    'gives-html': [{ kind: 'status', status: 200, body: '<!doctype html>' }],
    'gives-other-range': [{ kind: 'other-range', shiftBytes: MB }],
  };
  it.concurrent.each(Object.entries(final))(
    'for good (%s) ends the pull in words, publishes nothing, and can be asked again',
    async (name, faults) => {
      const { file, name: model } = await aModel(name);
      const wrong = ['data', 'link'].map((at) =>
        registry.setFault({ at: at as Asked, blob: file.digest }, ...faults),
      );
      expect(await aCall(pull, model).ended).toEqual({ error: expect.any(String) });
      expect(modelsIn(store)).not.toContain(name);
      expect(existsSync(join(store, 'blobs', file.digest.replace(':', '-')))).toBe(false);
      for (const fault of wrong) fault.end();
      expect(await aCall(pull, model).ended).toEqual(SUCCESS);
    },
  );
});

describe('a disk', () => {
  it('without room for a model refuses it before it comes, in words', async () => {
    const { file, name } = await aModel('too-large');
    expect(await aCall(full, name).ended).toEqual({
      error: expect.stringContaining('There is not enough room'),
    });
    expect(registry.bytesServed(file.digest)).toBe(0);
    expect(await newestJob(pull)).toMatchObject({
      state: { status: 'failed', failure: 'gateway_not_ready' },
    });
    expect(await aCall(pull, name).ended).toEqual(SUCCESS);
  });

  it('that is full in the middle fails the pull in words, and a retry goes on when there is room', async () => {
    const { file, name } = await aModel('fills-up');
    // The kernel itself says ENOSPC to whoever writes to this device; no small file system has to be mounted.
    const data = join(store, '.pull', file.digest.slice('sha256:'.length), 'data');
    await mkdir(dirname(data), { recursive: true });
    await symlink('/dev/full', data);
    expect(await aCall(pull, name).ended).toEqual({ error: 'The model cannot be stored: disk full.' });
    const { id, state } = await newestJob(pull);
    expect(state).toMatchObject({ status: 'failed', failure: 'gateway_not_ready' });
    expect(modelsIn(store)).not.toContain('fills-up');
    await rm(data);
    await pull.ask('POST', `/pulls/${id}/retry`);
    expect(await runPull(pull, id)).toMatchObject({ state: { status: 'ready' } });
    expect(modelsIn(store)).toContain('fills-up');
  });
});

const watch = watching(store);
afterAll(() => {
  expect(watch.end()).toEqual([]);
  expect(problemsIn(store)).toEqual([]);
});

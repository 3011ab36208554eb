import { afterAll, describe, expect, it } from 'vitest';
import { keys } from '#shared/db/schema.ts';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { aGateway } from '../helpers/gateway.ts';
import { gather } from '../helpers/gather.ts';
import { aModelPull, aStoreFolder } from '../helpers/model-pull.ts';
import { ollamaByPath } from '../helpers/ollama-callers.ts';
import { Sublet } from '../helpers/sublet.ts';

/** The command line and the router with a model-pull, a store and a registry of their own. */
const registry = await startFakeRegistry();
afterAll(() => registry.stop());
for (const name of ['one', 'two']) registry.addModel(`library/${name}`, aTinyModel());
const store = await aModelPull({ registry });
const sublet = new Sublet(store.databaseUrl, { MODEL_PULL_URL: store.url, INTERNAL_SECRET: store.secret });
const [ONE, TWO] = ['one', 'two'].map((name) => `${registry.host}/library/${name}:latest`) as [
  string,
  string,
];

const stored = async () =>
  (await sublet.json('models', 'list', '--stored')).models
    .map(({ name }: { name: string }) => name)
    .toSorted();

describe('from the command line', () => {
  it('a model is pulled, and its jobs can be looked at', async () => {
    const pulled = await sublet.run('models', 'pull', ONE, '--json');
    expect({ code: pulled.code, stderr: pulled.stderr }).toEqual({ code: 0, stderr: '' });
    const { pull } = JSON.parse(pulled.stdout.trimEnd().split('\n').at(-1)!);
    expect(pull).toMatchObject({ kind: 'pull', requestedBy: 'operator', state: { status: 'ready' } });
    expect(await stored()).toEqual([ONE]);
    expect((await sublet.json('models', 'pulls')).pulls).toMatchObject([{ id: pull.id }]);
    expect(await sublet.text('models', 'watch', pull.id)).toMatch(/^status +ready$/m);
    expect(await sublet.refusal('models', 'retry', pull.id)).toMatchObject({ exit: 1, code: 'busy' });
  });

  it('one that is nowhere is told', async () => {
    const none = `${registry.host}/library/none:latest`;
    const { code, stderr } = await sublet.run('models', 'pull', none, '--sync');
    expect(code).toBe(1);
    expect(stderr).toContain('failed: ');
  });

  it('another is made of it, shown, and removed; what nobody names is garbage', async () => {
    const made = await sublet.run(
      'models',
      'create',
      'mine',
      '--from',
      ONE,
      '--system',
      'Be brief.',
      '--parameter',
      'num_ctx=512',
    );
    expect({ code: made.code, last: made.stderr.trimEnd().split('\n').at(-1) }).toEqual({
      code: 0,
      last: 'success',
    });
    expect(await sublet.text('models', 'show', 'mine', '--stored')).toContain('SYSTEM\nBe brief.\n');
    expect(await sublet.text('models', 'rm', 'mine')).toBe('Removed mine.\n');
    expect(await stored()).toEqual([ONE]);
    const wouldGo = await sublet.json('models', 'gc', '--dry-run', '--grace', '0');
    expect(wouldGo.removed.length).toBeGreaterThan(0);
    expect((await sublet.json('models', 'gc', '--grace', '0')).bytes).toBe(wouldGo.bytes);
    expect(await sublet.text('models', 'gc', '--grace', '0')).toBe('There is nothing to remove.\n');
  });
});

it('through the router, a key with the right pulls as Ollama’s clients do', async () => {
  const router = { MODEL_PULL_URL: store.url, INTERNAL_SECRET: store.secret };
  const gateway = await aGateway({ environment: { router } });
  await gateway.database.write((db) => db.update(keys).set({ rights: ['pull'] }));
  const client = ollamaByPath(gateway);
  const lines = await gather(await client.pull({ model: TWO, stream: true }));
  expect(lines.map(({ status }) => status)).toContain('writing manifest');
  expect(lines.at(-1)).toEqual({ status: 'success' });
  expect(await stored()).toEqual([ONE, TWO]);
  expect((await sublet.json('models', 'pulls', '--limit', '1')).pulls[0].requestedBy).toMatch(/^key \d+$/);
  const none = `${registry.host}/library/none:latest`;
  await expect(client.pull({ model: none })).rejects.toMatchObject({
    error: expect.stringContaining('does not exist'),
  });
  await expect(client.pull({ model: 'not a name' })).rejects.toMatchObject({ status_code: 400 });
});

it('behind a Function Compute, a pull runs apart from whoever asked for it, and once though it is delivered twice', async () => {
  const folder = await aStoreFolder();
  const secret = 's'.repeat(32);
  const environment = {
    INTERNAL_SECRET: secret,
    OLLAMA_MODELS: folder,
    PULL_DISK_RESERVE_BYTES: '0',
    PULL_REGISTRIES: JSON.stringify([{ origin: registry.origin, redirects: [registry.cdnOrigin] }]),
  };
  const { fc } = await aGateway({ environment: { 'model-pull': environment }, deliverTwice: true });
  const apart = new Sublet('', {
    MODEL_PULL_URL: fc.functions.get('model-pull')!.url,
    INTERNAL_SECRET: secret,
  });
  const { pull } = await apart.json('models', 'pull', ONE, '--detach');
  expect(pull.state.status).toBe('queued');
  expect(await apart.text('models', 'watch', pull.id)).toMatch(/^status +ready$/m);
  expect((await apart.json('models', 'list', '--stored')).models).toHaveLength(1);
  const [invocation] = fc.functions.get('model-pull')!.asyncInvocations;
  await invocation!.over;
  expect(invocation).toMatchObject({ status: 'Succeeded' });
  expect((await apart.json('models', 'pulls')).pulls).toMatchObject([{ id: pull.id, attempt: 1 }]);
});

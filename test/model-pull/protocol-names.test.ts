import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { startTrap } from '../fakes/registry/trap.ts';
import { aModelPull } from '../helpers/model-pull.ts';
import { expectClear, published, pulled } from '../helpers/pulls.ts';

const registry = await startFakeRegistry();
const trap = await startTrap();
afterAll(() => Promise.all([registry.stop(), trap.stop()]));
registry.addModel('tiny', aTinyModel());
const gguf = registry.addModel(
  'bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M',
  aTinyModel({ params: { top_k: 1 } }),
);
const listed = await aModelPull({ registry });

/** The names of the models that a store has, as Ollama shows them. */
async function namesOf(pull: typeof listed): Promise<string[]> {
  const { models } = (await (await pull.ask('GET', '/api/tags')).json()) as { models: { name: string }[] };
  return models.map(({ name }) => name).toSorted();
}

describe('a name', () => {
  it('may have a scheme, its namespace, its tag, or not; and be given as `model` or as `name`', async () => {
    const { host } = registry;
    for (const body of [
      { model: `${host}/library/tiny:latest` },
      { model: `${host}/library/tiny` },
      { name: `${host}/library/tiny` },
      { model: '', name: `http://${host}/library/tiny` },
      { model: `https://${host}/library/tiny` }, // by http all the same, since the operator says so
    ]) {
      expect((await pulled(listed, body)).body, JSON.stringify(body)).toEqual({ status: 'success' });
    }
    expect(await namesOf(listed)).toEqual([`${host}/library/tiny:latest`]);
  });

  it('is folded onto the one that is on the disk, whatever its letters', async () => {
    const { host } = registry;
    const before = await namesOf(listed);
    expect((await pulled(listed, { model: `${host}/Library/TINY:Latest` })).body).toEqual({
      status: 'success',
    });
    expect(await namesOf(listed)).toEqual(before);
    const shown = await listed.ask('POST', '/api/show', { model: `${host}/LIBRARY/Tiny` });
    expect(shown.status).toBe(200);
    expect(await readdir(join(listed.store, 'manifests', host))).toEqual(['library']);
  });

  it('keeps its letters where nothing is there yet, as repositories of Hugging Face need it', async () => {
    const name = `${registry.host}/${gguf.name}`;
    expect((await pulled(listed, { model: name })).body).toEqual({ status: 'success' });
    expect(await namesOf(listed)).toContain(name);
    const asked = registry.requests.filter(({ url }) =>
      url.includes('Llama-3.2-1B-Instruct-GGUF/manifests/Q4_K_M'),
    );
    expect(asked).toHaveLength(1);
  });
});

describe('what is not pulled', () => {
  it.each<[string, object, number, RegExp]>([
    ['nothing', {}, 400, /model is required/],
    ['an empty name', { model: '' }, 400, /model is required/],
    ['a path', { model: '../../etc/passwd' }, 400, /invalid model name/],
    ['a hidden one', { model: '.hidden' }, 400, /invalid model name/],
    ['a folder deeper', { model: `${registry.host}/a/b/c/d` }, 400, /invalid model name/],
    ['a digest', { model: `tiny@sha256:${'a'.repeat(64)}` }, 400, /invalid model name/],
    ['a line end', { model: 'tiny\n' }, 400, /invalid model name/],
    ['another protocol', { model: 'ftp://example.com/library/tiny' }, 400, /invalid model name/],
    ['no text', { model: 7 }, 400, /model/],
    ['a registry that is not listed', { model: 'example.com/library/tiny' }, 400, /not offered here/],
    ['one of ours with another port', { model: '127.0.0.1:1/library/tiny' }, 400, /not offered here/],
    ['one that is a trap', { model: `${trap.origin}/library/tiny` }, 400, /not offered here/],
    ['the registry of Ollama, which is not listed', { model: 'tiny' }, 400, /not offered here/],
    ["a model of Ollama's cloud", { model: `${registry.host}/library/gpt-oss:120b-cloud` }, 400, /cloud/],
    ['one of it by its tag alone', { model: 'glm-4.6:CLOUD' }, 400, /cloud/],
    ['an insecure one', { model: `${registry.host}/library/tiny`, insecure: true }, 400, /PULL_REGISTRIES/],
    ['one with a template', { model: `${registry.host}/library/tiny`, template: 'x' }, 400, /create/],
    [
      'from nowhere',
      { model: `${registry.host}/library/tiny`, source: 'https://example.com' },
      400,
      /source/,
    ],
    [
      'from a mirror that is not there',
      { model: `${registry.host}/library/tiny`, source: 'mirror' },
      400,
      /mirror/,
    ],
    ['from a bucket that is not listed', { model: 'mine', source: 'oss://bucket/key.gguf' }, 400, /bucket/],
  ])('(%s) is refused with a reason', async (_, body, status, words) => {
    const before = await published(listed.store);
    const refused = await pulled(listed, body);
    expect(refused).toEqual({ status, body: { error: expect.stringMatching(words) } });
    expectClear(refused.body.error, listed);
    expect(await published(listed.store)).toEqual(before);
    expect(trap.connections()).toBe(0);
  });
});

describe('a list of what may be pulled', async () => {
  const { host } = registry;
  const allowed = registry.addModel('allowed', aTinyModel({ params: { top_k: 2 } }));
  const other = registry.addModel('other:v1', aTinyModel({ params: { top_k: 3 } }));
  const list = [
    `${host}/library/ti*`,
    `${host}/library/*:small`,
    `sha256:${allowed.digest.replace(/^sha256:/, '')}`,
  ];
  registry.addModel('anything:small', aTinyModel({ params: { top_k: 4 } }));
  const pull = await aModelPull({ registry, environment: { PULL_ALLOW: JSON.stringify(list) } });
  const byName = { PULL_ALLOW: JSON.stringify([`${host}/library/ti*`]) };
  const strict = await aModelPull({ registry, environment: byName });

  it.each([
    ['a name with a star', 'tiny'],
    ['a tag with a star before', 'anything:small'],
    ['the digest of its manifest', 'allowed'],
  ])('lets through by %s', async (_, name) => {
    expect((await pulled(pull, { model: `${host}/library/${name}` })).body).toEqual({ status: 'success' });
  });

  it('lets nothing else through, and nothing of it comes but the manifest', async () => {
    const before = await published(pull.store);
    const { status, body } = await pulled(pull, { model: `${host}/${other.name}` });
    expect(status).toBe(403);
    expect(body.error).toMatch(/is not among the models that may be pulled here/);
    expect(await published(pull.store)).toEqual(before);
    const asked = registry.requests.filter(({ model }) => model?.startsWith('library/other'));
    expect(asked.map((request) => request.asked)).toEqual(['manifest']);
  });

  it('without digests not even asks for what it does not name', async () => {
    registry.addModel('unnamed', aTinyModel());
    expect((await pulled(strict, { model: `${host}/library/unnamed` })).status).toBe(403);
    expect(registry.requests.filter(({ model }) => model?.startsWith('library/unnamed'))).toEqual([]);
  });
});

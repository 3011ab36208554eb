import { generateKeyPairSync } from 'node:crypto';
import sshpk from 'sshpk';
import { afterAll, describe, expect, it } from 'vitest';
import { MANIFEST_TYPE } from '#shared/protocol/registry/manifest.ts';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import type { Delivery, ModelRules } from '../fakes/registry/shelf.ts';
import { aModelPull, type ModelPull } from '../helpers/model-pull.ts';
import { expectClear, manifestIn, newestJob, pulled } from '../helpers/pulls.ts';

const registry = await startFakeRegistry();
afterAll(() => registry.stop());

const pair = generateKeyPairSync('ed25519');
const pkcs8 = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const key = sshpk.parsePrivateKey(pkcs8, 'pem');
const [, publicKey = ''] = key.toPublic().toString('ssh').split(' ');

const pull = await aModelPull({ registry, environment: { REGISTRY_KEY: pkcs8 } });
const byOpenSsh = await aModelPull({
  registry,
  // As it stands in a variable of the environment that takes no line ends.
  environment: { REGISTRY_KEY: key.toString('openssh').replaceAll('\n', '\\n') },
});
const stranger = await aModelPull({ registry });
const newer = await aModelPull({ registry, environment: { OLLAMA_VERSION: '0.40.1' } });

const stingy = await startFakeRegistry({ tokenUses: 2 });
afterAll(() => stingy.stop());
const byStingy = await aModelPull({ registry: stingy, environment: { REGISTRY_KEY: pkcs8 } });

let models = 0;
/** A model with a template and a config that no other has, so that they have to come. */
function aModel(rules: ModelRules = {}) {
  models += 1;
  const parts = aTinyModel({ template: `{{ .Prompt }} ${models}`, config: { number: models } });
  const model = registry.addModel(`model-${models}`, parts, rules);
  const own = [model.digests[1]!, model.digests.at(-1)!];
  return { name: `${registry.host}/${model.name}`, repository: model.name.split(':')[0]!, own };
}

const isWhole = async ({ store }: ModelPull, name: string) =>
  (await manifestIn(store, name)).layers.length === 4;

describe('what a registry sees', () => {
  it('is an Ollama of the version that will serve the model, which wants this kind of manifest', async () => {
    const { name, repository } = aModel();
    expect((await pulled(pull, { model: name })).status).toBe(200);
    const seen = registry.requests.filter(({ model }) => model?.split(':')[0] === repository);
    expect(seen.length).toBeGreaterThan(1);
    for (const { headers } of seen)
      expect(headers['user-agent']).toMatch(/^ollama\/0\.33\.0 \(amd64 linux\) Go\//);
    expect(seen.find(({ asked }) => asked === 'manifest')!.headers.accept).toBe(MANIFEST_TYPE);
  });

  it('who wants a newer one is told so, with the version that is here', async () => {
    const { name } = aModel({ requires: '0.40.0' });
    const { status, body } = await pulled(pull, { model: name });
    expect(status).toBe(502);
    expect(body.error).toMatch(/412: this model requires a newer version of Ollama than 0\.33\.0/);
    expect((await pulled(newer, { model: name })).status).toBe(200);
  });

  it('a model that was never there is said to be nowhere', async () => {
    const { status, body } = await pulled(pull, { model: `${registry.host}/library/none` });
    expect([status, body]).toEqual([404, { error: 'pull model manifest: file does not exist' }]);
  });
});

describe('a model that only a registered key may have', () => {
  const aPrivateModel = () => aModel({ access: { keys: [publicKey] } });

  it.each([
    ['PKCS#8', pull],
    ['OpenSSH', byOpenSsh],
  ])('is pulled with the key as %s', async (_, by) => {
    const { name } = aPrivateModel();
    expect((await pulled(by, { model: name })).body).toEqual({ status: 'success' });
    expect(await isWhole(by, name)).toBe(true);
  });

  it('is not given to a key that nobody knows', async () => {
    const { name } = aPrivateModel();
    const { status, body } = await pulled(stranger, { model: name });
    expect(status).toBe(502);
    expect(body.error).toMatch(/^unauthorized: token: 401/);
    expectClear(body.error, stranger);
    expect((await newestJob(stranger, name)).state).toMatchObject({ status: 'failed', reason: body.error });
  });

  it('goes on when its token and its address end in the middle', async () => {
    const { name, own } = aPrivateModel();
    const stall = registry.setFault({ at: 'data', blob: own[0]!, nth: 1 }, { kind: 'silence' });
    const coming = pulled(byOpenSsh, { model: name });
    await registry.until(() => stall.hits > 0);
    registry.expireTokens();
    registry.expireLinks();
    stall.release();
    expect((await coming).body).toEqual({ status: 'success' });
    const asked = registry.requests.filter(({ digest }) => digest === own[0]);
    expect(asked.map(({ asked: what, status }) => `${what} ${status}`)).toEqual([
      'link 307',
      'data 403',
      'link 401',
      'link 307',
      'data 206',
    ]);
  });

  it('goes on when each token is good for two requests', async () => {
    stingy.addModel('tiny', aTinyModel(), { access: { keys: [publicKey] } });
    const name = `${stingy.host}/library/tiny`;
    expect((await pulled(byStingy, { model: name })).body).toEqual({ status: 'success' });
    expect(stingy.requests.filter(({ asked }) => asked === 'token').length).toBeGreaterThan(1);
  });
});

describe('the way to a blob', () => {
  it.each([
    ...[301, 302, 303, 307, 308].map((status) => [`a redirect by ${status}`, { status }] as const),
    ['no redirect, 200', { by: 'direct' }],
    ['one over the registry itself', { sameHostFirst: true }],
    ['an address for one request', { linkUses: 1 }],
  ] as [string, Partial<Delivery>][])('may be %s, and no credential goes along', async (_, delivery) => {
    const { name, own } = aModel({ access: { keys: [publicKey] } });
    for (const digest of own) registry.deliver(digest, delivery);
    expect((await pulled(pull, { model: name })).body).toEqual({ status: 'success' });
    for (const digest of own) expect(registry.bytesServed(digest)).toBeGreaterThan(0);
    expect(registry.leaks).toEqual([]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { contentOf } from '../fakes/registry/content.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import type { Fault, Where } from '../fakes/registry/faults.ts';
import { FORBIDDEN_ADDRESSES, WRONG_REALMS } from '../fakes/registry/forbidden-addresses.ts';
import type { ModelRules } from '../fakes/registry/shelf.ts';
import { startTrap } from '../fakes/registry/trap.ts';
import { memoryOf } from '../helpers/memory-of.ts';
import { aModelPull } from '../helpers/model-pull.ts';
import { expectClear, linesOf, newestJob, published, pulled, staged } from '../helpers/pulls.ts';

const MB = 1024 * 1024;
const registry = await startFakeRegistry();
const trap = await startTrap();
afterAll(() => Promise.all([registry.stop(), trap.stop()]));
const pull = await aModelPull({ registry });

let models = 0;
/** A model whose file no other has, so that what goes wrong with it goes wrong with nothing else. */
function aModel(rules: ModelRules = {}) {
  models += 1;
  const parts = aTinyModel({ config: { number: models } });
  const noise = contentOf(Buffer.alloc(200_000, `${models} `));
  const layers = parts.layers.map((layer) => (layer.kind === 'model' ? { ...layer, content: noise } : layer));
  const model = registry.addModel(`model-${models}`, { ...parts, layers }, rules);
  return { ...model, name: `${registry.host}/${model.name}`, file: noise.digest, where: model.name };
}

/** Pulls, which has to fail. @returns why, as the caller and the job say it. */
async function refusal(model: string): Promise<string> {
  const { status, body } = await pulled(pull, { model });
  expect(status).toBe(502);
  expect(Object.keys(body)).toEqual(['error']);
  expectClear(body.error, pull);
  expect((await newestJob(pull, model)).state).toMatchObject({ status: 'failed', reason: body.error });
  return body.error as string;
}

const toTheTrap = (address: string) => address.replace(/:1\//, `:${new URL(trap.origin).port}/`);
const isNothingSeen = async () => {
  expect(await published(pull.store)).toEqual([]);
  expect(trap.connections()).toBe(0);
};

describe('an address where no registry may send its clients', () => {
  it.concurrent.each(Object.entries(FORBIDDEN_ADDRESSES))(
    '(%s) is not visited for a manifest, and not for a blob',
    async (_, address) => {
      const to = toTheTrap(address);
      for (const at of ['manifest', 'link'] as const) {
        const { name, where, file } = aModel();
        const place = at === 'manifest' ? { at, model: where } : { at, blob: file };
        registry.setFault(place, { kind: 'redirect', to });
        await refusal(name);
      }
      await isNothingSeen();
    },
  );

  it.concurrent.each(Object.entries(WRONG_REALMS))(
    '(%s) is given no proof of who we are',
    async (_, realm) => {
      const { name } = aModel({ access: { realm: toTheTrap(realm) } });
      expect(await refusal(name)).toMatch(/unauthorized|realm/);
      await isNothingSeen();
    },
  );

  it.concurrent.each<[string, Fault]>([
    ['nowhere', { kind: 'redirect' }],
    ['in circles', { kind: 'redirect-loop' }],
  ])('is no better when it leads %s', async (_, fault) => {
    const { name, file } = aModel();
    registry.setFault({ at: 'link', blob: file }, fault);
    expect(await refusal(name)).toMatch(/redirects (nowhere|too often)/);
  });
});

describe('a registry that never lets in', () => {
  it.concurrent.each<[string, Where['at'], number]>([
    ['at its manifest', 'manifest', 2],
    ['at its blobs', 'link', 2],
    ['where it gives tokens', 'token', 1],
  ])('%s is asked a few times and no more', async (_, at, times) => {
    const { name, where, file } = aModel({ access: {} });
    const repository = where.replace(/:latest$/, '');
    const challenge = `Bearer realm="${registry.origin}/token",service="${registry.host}",scope="repository:${repository}:pull"`;
    const fault: Fault = { kind: 'status', status: 401, headers: { 'www-authenticate': challenge } };
    const place = { manifest: { at, model: where }, link: { at, blob: file } }[at as 'link'];
    // Tokens are asked for by all models here, so that one is told by its scope.
    const denied = at === 'token' ? aModelThatNoKeyMayHave() : undefined;
    if (place) registry.setFault(place, fault);
    expect(await refusal(denied?.name ?? name)).toMatch(/unauthorized/);
    const asked = registry.requests.filter(
      ({ asked, model, digest, url }) =>
        asked === at &&
        (at === 'link'
          ? digest === file
          : at === 'token'
            ? url.includes(encodeURIComponent(denied!.where.replace(/:latest$/, '')))
            : model === where),
    );
    expect(asked).toHaveLength(times);
  });

  const aModelThatNoKeyMayHave = () => aModel({ access: { keys: ['AAAA'] } });
});

describe('bytes that are not those of the digest', () => {
  it('are not kept, and come again with the next try, which may be better', async () => {
    const { name, file } = aModel();
    const wrong = registry.setFault({ at: 'data', blob: file }, { kind: 'wrong-byte', at: 199_999 });
    const error = await refusal(name);
    expect(error).toMatch(/digest mismatch/);
    expect((await linesOf(await pull.ask('POST', '/api/pull', { model: name }))).at(-1)).toEqual({ error });
    expect(await staged(pull.store)).not.toContain(file.slice('sha256:'.length));
    expect(await published(pull.store)).toEqual([]);
    wrong.end();
    // What comes is what was promised; that it is no model file is found only then.
    expect((await pulled(pull, { model: name })).body.error).toMatch(/GGUF/i);
  });

  it.concurrent.each<[string, Fault[]]>([
    ['a part that says it is another', [{ kind: 'other-range', shiftBytes: -1 }]],
    ['the whole for a part', [{ kind: 'headers', headers: { 'content-range': 'bytes 0-199999/200001' } }]],
    ['a body that is compressed', [{ kind: 'headers', headers: { 'content-encoding': 'gzip' } }]],
    ['a length that is another', [{ kind: 'long', extraBytes: 5, says: 'what-it-is' }]],
    ['no access', [{ kind: 'status', status: 400, body: '\u001b[31mno\u001b[0m\n\n<b>way</b>' }]],
    ['an end of it all', [{ kind: 'status', status: 410, body: 'x'.repeat(100_000) }, { kind: 'endless' }]],
  ])('(%s) are refused at once', async (_, faults) => {
    const { name, file } = aModel();
    registry.setFault({ at: 'data', blob: file }, ...faults);
    await refusal(name);
    expect(await published(pull.store)).toEqual([]);
  });

  it.each([199_999, 200_001])('are refused where the manifest says %d of 200,000', async (size) => {
    const { json, file, name } = aModel();
    const layers = json.layers.map((layer) => (layer.digest === file ? { ...layer, size } : layer));
    const short = name.slice(registry.host.length + 1);
    registry.addManifest(short, contentOf(Buffer.from(JSON.stringify({ ...json, layers }))));
    expect(await refusal(name)).toMatch(/another (part|size)|another length/);
    expect(await published(pull.store)).toEqual([]);
  });
});

describe('a config that means ill', () => {
  it.concurrent.each<[string, string, RegExp]>([
    ['of a model elsewhere', '{"remote_model":"gpt-oss:120b"}', /cloud/],
    [
      'for a newer Ollama',
      '{"requires":"v0.99.0"}',
      /requires Ollama v0\.99\.0, and the one here is 0\.33\.0/,
    ],
    ['without sense', '{"model_format":', /config cannot be read/],
    ['without end of its depth', '['.repeat(1_000_000), /config cannot be read/],
    ['of nothing', 'null', /config cannot be read/],
    ['of no bytes', '', /config cannot be read/],
  ])('(one %s) is all that comes of its model', async (_, text, words) => {
    models += 1;
    const parts = { ...aTinyModel(), config: contentOf(Buffer.from(text)) };
    const repository = `library/ill-${models}`;
    const name = `${registry.host}/${registry.addModel(repository, parts).name}`;
    expect(await refusal(name)).toMatch(words);
    const asked = registry.requests.filter(({ model }) => model === repository);
    expect(asked.filter(({ digest }) => digest !== undefined && digest !== parts.config.digest)).toEqual([]);
    await isNothingSeen();
  });

  it('and a model that does not fit on the disk is refused before it comes', async () => {
    const { json, file, name } = aModel();
    const layers = json.layers.map((layer) => (layer.digest === file ? { ...layer, size: 2 ** 52 } : layer));
    const short = name.slice(registry.host.length + 1);
    registry.addManifest(short, contentOf(Buffer.from(JSON.stringify({ ...json, layers }))));
    const { status, body } = await pulled(pull, { model: name });
    expect([status, body]).toEqual([503, { error: expect.stringMatching(/not enough room: \d/) }]);
    expect(registry.requests.filter(({ digest }) => digest === file)).toEqual([]);
  });
});

describe('a storage that sends on', () => {
  it.each([
    ['to where nobody else may send', () => trap.origin],
    ['to a name of it', () => trap.origin.replace('127.0.0.1', 'localhost')],
  ])('%s is not followed', async (_, to) => {
    const { name, file } = aModel();
    registry.setFault({ at: 'data', blob: file }, { kind: 'redirect', to: `${to()}/blob` });
    await refusal(name);
    await isNothingSeen();
  });

  it('whoever asks for a token is not followed either', async () => {
    const { name } = aModel({ access: {} });
    const planned = registry.setFault(
      { at: 'token' },
      { kind: 'redirect', to: `${registry.cdnOrigin}/token` },
    );
    expect(await refusal(name)).toMatch(/unauthorized: token: 307/);
    planned.end();
    expect(
      registry.requests.filter(({ server, url }) => server === 'cdn' && url.startsWith('/token')),
    ).toEqual([]);
  });
});

describe('a body without an end', () => {
  let before = 0;
  beforeAll(async () => {
    before = (await memoryOf(pull.child)).bytes;
  });

  it('of a token is given up', async () => {
    const { name } = aModel({ access: {} });
    const planned = registry.setFault({ at: 'token' }, { kind: 'endless' });
    expect(await refusal(name)).toMatch(/larger than/);
    planned.end();
  });

  it('of a refusal is given up', async () => {
    const { name, where } = aModel();
    registry.setFault({ at: 'manifest', model: where }, { kind: 'status', status: 400 }, { kind: 'endless' });
    expect(await refusal(name)).toBe('pull model manifest: 400');
  });

  it.each<[string, Fault[], RegExp]>([
    ['and are not kept where they are wrong', [{ kind: 'wrong-byte', at: 7 }], /digest mismatch/],
    ['and are taken for what they are where they are right', [], /GGUF/i],
  ])('of a blob is left as soon as all has come: bytes beyond are not read, %s', async (_, faults, words) => {
    const { name, file } = aModel();
    registry.setFault({ at: 'data', blob: file, nth: 1 }, { kind: 'endless' }, ...faults);
    expect(await refusal(name)).toMatch(words);
    const asked = registry.requests.find(({ asked, digest }) => asked === 'data' && digest === file)!;
    expect(await asked.closed).toBe('left');
    expect(asked.bytesSent).toBeLessThan(16 * MB); // most of it in buffers of the kernels
    expect(await published(pull.store)).toEqual([]);
  });

  it('costs no memory', async () => {
    const { peakBytes } = await memoryOf(pull.child);
    expect(peakBytes).toBeLessThan(before + 100 * MB);
  });
});

it('no request to the storage of a registry carried a credential', () => {
  expect(registry.leaks).toEqual([]);
  expect(trap.visits).toEqual([]);
});

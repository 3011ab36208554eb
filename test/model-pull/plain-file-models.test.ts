import { afterAll, describe, expect, it } from 'vitest';
import { tinyGguf } from '#shared/fixtures/tiny-gguf.ts';
import { startFakeOllama } from '../fakes/ollama/fake-ollama.ts';
import { digestOf } from '../fakes/registry/content.ts';
import { aModelPull } from '../helpers/model-pull.ts';
import { aModelStorage, storageEnvironment } from '../helpers/model-storage.ts';
import { expectClear, jobIn, manifestIn, newestJob, published, pulled, staged } from '../helpers/pulls.ts';

const storage = await aModelStorage();
const { oss } = storage;
afterAll(() => storage.stop());
const environment = { ...storageEnvironment(storage), PULL_REGISTRIES: '[]' };
const pull = await aModelPull({ environment });
const { store } = pull;
const ollama = await startFakeOllama({ models: store });
afterAll(() => ollama.stop());

const gguf = tinyGguf();
/** The same model but for one weight. */
const other = Buffer.from(gguf);
other[400_000]! ^= 1;
const address = (key: string) => `oss://company-models/${key}`;
const weightsOf = async (model: string) =>
  (await manifestIn(store, model)).layers.find(({ mediaType }) => mediaType.endsWith('.model'))!;

describe('a plain GGUF in a bucket', () => {
  const key = 'llm/gguf/我的 model+1.gguf';
  oss.put(key, gguf);
  const wish = {
    model: 'plain',
    source: address(key),
    template: '{{ .System }} {{ .Prompt }}',
    system: 'Be plain.',
    parameters: { num_ctx: 256, stop: 'END' },
  };

  it('becomes a model with what was given', async () => {
    expect((await pulled(pull, wish)).body).toEqual({ status: 'success' });
    expect((await weightsOf('plain')).digest).toBe(digestOf(gguf));
    const shown = await (await pull.ask('POST', '/api/show', { model: 'plain' })).json();
    expect(shown).toMatchObject({
      template: wish.template,
      system: 'Be plain.',
      parameters: expect.stringMatching(/num_ctx\s+256/),
      details: { format: 'gguf', family: 'llama' },
      model_info: { 'general.architecture': 'llama' },
    });
    expect(await staged(store)).toEqual([]);
  });

  it('is served by an Ollama of the same store', async () => {
    const chat = await fetch(`${ollama.url}/api/chat`, {
      method: 'POST',
      body: JSON.stringify({ model: 'plain', messages: [{ role: 'user', content: 'Hello' }], stream: false }),
    });
    expect(await chat.json()).toMatchObject({ model: 'plain', done: true });
  });

  it('that was changed since is pulled as it is now, and one that was not is there once', async () => {
    oss.put(key, other);
    expect((await pulled(pull, wish)).status).toBe(200);
    expect((await weightsOf('plain')).digest).toBe(digestOf(other));
    expect((await pulled(pull, { ...wish, model: 'twin' })).status).toBe(200);
    expect(await weightsOf('twin')).toEqual(await weightsOf('plain'));
  });
});

describe('one that changes while it comes', () => {
  it('is begun anew by the next try, and no bytes of both become one model', async () => {
    const key = 'llm/gguf/changing.gguf';
    oss.put(key, gguf);
    oss.fail(key, { kind: 'hang', afterBytes: 300_000 }, { operation: 'GetObject' });
    const wish = { model: 'changing', source: address(key) };
    const { id } = await jobIn(pull.ask('POST', '/pulls', wish));
    const run = pull.ask('POST', `/pulls/${id}/run`);
    await expect
      .poll(() => oss.requests.filter((request) => request.key === key && request.method === 'GET').length)
      .toBe(1);
    await pull.ask('POST', `/pulls/${id}/stop`);
    expect((await jobIn(run)).state.status).toBe('stopped');
    oss.put(key, other);
    await pull.ask('POST', `/pulls/${id}/retry`);
    expect((await jobIn(pull.ask('POST', `/pulls/${id}/run`))).state.status).toBe('ready');
    expect((await weightsOf('changing')).digest).toBe(digestOf(other));
  });

  it('under one try fails, and nothing is published', async () => {
    const key = 'llm/gguf/racing.gguf';
    oss.put(key, gguf);
    oss.fail(key, { kind: 'meanwhile', happens: () => oss.put(key, other) }, { operation: 'GetObject' });
    const before = await published(store);
    const { status, body } = await pulled(pull, { model: 'racing', source: address(key) });
    expect(status).toBeGreaterThanOrEqual(500);
    expectClear(body.error, pull);
    expect(await published(store)).toEqual(before);
    expect((await pulled(pull, { model: 'racing', source: address(key) })).status).toBe(200);
    expect((await weightsOf('racing')).digest).toBe(digestOf(other));
  });
});

describe('a list of what may be pulled', () => {
  it('counts for a plain file, too: a digest in it lets no other manifest through', async () => {
    oss.put('llm/gguf/listed.gguf', gguf);
    const list = JSON.stringify(['plain:*', `sha256:${'0'.repeat(64)}`]);
    const strict = await aModelPull({ environment: { ...environment, PULL_ALLOW: list } });
    const source = address('llm/gguf/listed.gguf');
    const { status, body } = await pulled(strict, { model: 'other', source });
    expect(status).toBe(403);
    expect(body.error).toMatch(/is not among the models that may be pulled here/);
    expect(await published(strict.store)).toEqual([]);
    expect((await pulled(strict, { model: 'plain', source })).status).toBe(200);
  });
});

describe('what is no model', () => {
  it.each([
    ['text', Buffer.from('Dear Ollama,\n'.repeat(100))],
    ['nothing', Buffer.alloc(0)],
    ['the first half of one', gguf.subarray(0, 2_000)],
  ])('(%s) is refused with a reason', async (name, bytes) => {
    const key = `llm/gguf/${name}.gguf`;
    oss.put(key, bytes);
    const before = await published(store);
    const { status, body } = await pulled(pull, { model: 'none', source: address(key) });
    expect(status).toBeGreaterThanOrEqual(400);
    expectClear(body.error, pull);
    expect((await newestJob(pull, 'none')).state).toMatchObject({ status: 'failed', reason: body.error });
    expect(await published(store)).toEqual(before);
  });

  it.each<[string, string, number]>([
    ['in another bucket', 'oss://other-models/llm/a.gguf', 400],
    ['outside the prefix', 'oss://company-models/private/a.gguf', 400],
    ['by steps upwards', 'oss://company-models/llm/../private/a.gguf', 400],
    ['in a folder', 'oss://company-models/llm/', 400],
    ['with a line end', 'oss://company-models/llm/a\n.gguf', 400],
    ['on the disk', 'file:///etc/passwd', 400],
    ['anywhere', 'https://example.com/a.gguf', 400],
    ['that is not there', address('llm/none.gguf'), 404],
  ])('a file %s is refused, and object storage not asked in vain', async (_, source, status) => {
    oss.put('private/a.gguf', gguf);
    const asked = oss.requests.length;
    const answer = await pulled(pull, { model: 'none', source });
    expect(answer.status).toBe(status);
    expectClear(answer.body.error, pull);
    expect(oss.requests.length - asked).toBe(status === 404 ? 1 : 0);
  });
});

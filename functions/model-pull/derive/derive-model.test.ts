import { describe, expect, it } from 'vitest';
import { GO_TEMPLATES } from '#shared/fixtures/go-templates.ts';
import { tinyGguf } from '#shared/fixtures/tiny-gguf.ts';
import { aStore, named, type Parts, writeModel } from '../store/store.fixture.ts';
import type { Store } from '../store/store.ts';
import { readCreateRequest } from './create-request.ts';
import { deriveModel } from './derive-model.ts';

const base: Parts = {
  model: tinyGguf(),
  template: GO_TEMPLATES.deepseekR1,
  params: '{"stop":["<a>"],"temperature":0.6}',
  license: 'First.',
  config: '{"model_format":"gguf"}',
};

/** As a job does it: the blobs, then the manifest. */
async function create(store: Store, body: object) {
  const derived = await deriveModel(store, readCreateRequest(body));
  for (const { bytes } of derived.newBlobs) await store.writeBlob(bytes);
  await store.writeManifest(derived.name, derived.manifest);
  return derived;
}

const refusal = (store: Store, body: object) =>
  create(store, body).then(
    () => undefined,
    (error: Error) => error.message,
  );

describe('a derived model', () => {
  it('has the parts that were asked for, and the weights of its base', async () => {
    await using place = await aStore();
    const { store } = place;
    const { digests } = await writeModel(store, 'r1', base);

    const { allBlobs, newBlobs } = await create(store, {
      model: 'mine:short',
      from: 'r1',
      system: 'Be brief.',
      parameters: { num_ctx: 16_384, temperature: 1, stop: '<b>' },
      license: ['Second.', ''],
    });

    const shown = await store.show(named('mine:short'));
    expect(shown).toMatchObject({
      system: 'Be brief.',
      license: 'First.\nSecond.',
      template: GO_TEMPLATES.deepseekR1,
    });
    expect(shown?.parameters?.split(/\s+/)).toEqual([
      'num_ctx',
      '16384',
      'stop',
      '"<b>"',
      'temperature',
      '1',
    ]);
    expect(shown?.details.parent_model).toBe('r1:latest');
    expect(newBlobs.map(({ digest }) => digest)).not.toContain(digests.model);
    expect(allBlobs.map(({ digest }) => digest)).toContain(digests.model);
    expect(await store.assertWhole(named('mine:short'))).toEqual([]);
  });

  it('has the layer of parameters that Ollama would write, byte for byte', async () => {
    await using place = await aStore();
    await writeModel(place.store, 'r1', base);

    const { newBlobs } = await create(place.store, { model: 'mine', from: 'r1', parameters: { num_ctx: 1 } });

    expect(newBlobs[0]?.bytes.toString()).toBe(
      '{"num_ctx":1,"stop":["\\u003ca\\u003e"],"temperature":0.6}\n',
    );
  });

  it('thinks always when asked to, and the note says what Ollama must be told', async () => {
    await using place = await aStore();
    await writeModel(place.store, 'r1', base);

    const { notes } = await create(place.store, { name: 'r1:think', from: 'r1', think: 'always' });

    const shown = await place.store.show(named('r1:think'));
    expect(shown?.template).toContain('{{ else }}<think>\n{{ end }}');
    expect(shown?.capabilities).toContain('thinking');
    expect(notes).toEqual([expect.stringContaining('OLLAMA_GO_TEMPLATE=1')]);
  });

  it('may take the place of its own base', async () => {
    await using place = await aStore();
    await writeModel(place.store, 'r1', base);

    await create(place.store, { model: 'R1', from: 'r1', template: GO_TEMPLATES.chatml });

    expect(await place.store.tags()).toMatchObject([{ name: 'r1:latest', capabilities: ['completion'] }]);
  });

  it('has one template, also when its base has one of the old kind', async () => {
    await using place = await aStore();
    await writeModel(place.store, 'old', { model: tinyGguf(), prompt: '{{ .Prompt }}' });

    const { allBlobs } = await create(place.store, {
      model: 'new',
      from: 'old',
      template: GO_TEMPLATES.llama3,
    });

    expect(allBlobs).toHaveLength(2);
  });
});

describe('is refused', () => {
  it.each([
    ['a base that is not there', { from: 'nobody' }, /model 'nobody' not found/],
    ['a cloud', { from: 'r1:cloud' }, /runs in Ollama's cloud/],
    ['a template that is none', { template: '{{ if .System }}' }, /template error: line 1/],
    ['a parameter that nobody knows', { parameters: { mirostat: 2 } }, /`mirostat` is no parameter/],
    ['a parameter of another type', { parameters: { num_ctx: '4096' } }, /`parameters.num_ctx`/],
    ['half a token', { parameters: { num_ctx: 1.5 } }, /`parameters.num_ctx`/],
    ['files', { files: { 'a.gguf': 'sha256:aa' } }, /`files` is not taken. Pull the model/],
    ['a renderer', { renderer: '' }, /`renderer` is not taken/],
    ['what nobody has', { colour: 'blue' }, /`colour` is not taken. There is no such field/],
    ['two templates at once', { template: '{{ .Prompt }}', think: 'always' }, /either `template` or `think`/],
    ['no name', { model: '' }, /model is required/],
    ['a name that is none', { model: '../x' }, /invalid model name/],
  ])('%s', async (_, body, reason) => {
    await using place = await aStore();
    await writeModel(place.store, 'r1', base);

    expect(await refusal(place.store, { model: 'mine', from: 'r1', ...body })).toMatch(reason);
    expect(await place.store.tags()).toHaveLength(1);
  });

  it.each([
    ['a renderer', '{"renderer":"qwen3.5"}', /the renderer "qwen3.5" built into Ollama/],
    ['a parser', '{"parser":"harmony"}', /the parser "harmony"/],
    ['harmony', '{"model_family":"gptoss"}', /the harmony format/],
  ])('a template where %s would ignore it, but not a parameter', async (_, config, reason) => {
    await using place = await aStore();
    await writeModel(place.store, 'own', { ...base, config });

    for (const change of [{ template: '{{ .Prompt }}' }, { think: 'always' }]) {
      expect(await refusal(place.store, { model: 'mine', from: 'own', ...change })).toMatch(reason);
    }
    expect(
      await refusal(place.store, { model: 'mine', from: 'own', parameters: { top_k: 1 } }),
    ).toBeUndefined();
  });

  it('thinking where the base has no Go template', async () => {
    await using place = await aStore();
    await writeModel(place.store, 'plain', { model: tinyGguf() });

    expect(await refusal(place.store, { model: 'mine', from: 'plain', think: 'always' })).toMatch(
      /no Go template/,
    );
  });
});

import { mkdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GO_TEMPLATES } from '#shared/fixtures/go-templates.ts';
import { tinyGguf } from '#shared/fixtures/tiny-gguf.ts';
import { aStore, dated, named, writeModel } from './store.fixture.ts';

const config = JSON.stringify({
  model_format: 'gguf',
  model_family: 'llama',
  model_families: ['llama'],
  model_type: '118K',
  file_type: 'unknown',
});
const parts = {
  model: tinyGguf(),
  template: GO_TEMPLATES.deepseekR1,
  system: 'Be brief.',
  params: '{"temperature":0.6,"num_ctx":4096,"stop":["<a>","<b>"]}',
  license: 'As you like.',
  messages: '[{"role":"user","content":"Hi"}]',
  config,
};

describe('the list of models', () => {
  it('says of each what Ollama says', async () => {
    await using place = await aStore();
    const { bytes } = await writeModel(place.store, 'hf.co/org/tiny:Q8_0', parts);
    const stored = await place.store.readManifest(named('hf.co/org/tiny:Q8_0'));

    expect(await place.store.tags()).toEqual([
      {
        name: 'hf.co/org/tiny:Q8_0',
        model: 'hf.co/org/tiny:Q8_0',
        modified_at: stored!.modifiedAt.toISOString(),
        size: Object.values(parts).reduce((sum, part) => sum + Buffer.byteLength(part), 0),
        digest: stored!.digest,
        details: {
          parent_model: '',
          format: 'gguf',
          family: 'llama',
          families: ['llama'],
          parameter_size: '118K',
          quantization_level: 'F32',
          context_length: 2048,
          embedding_length: 64,
        },
        capabilities: ['completion', 'thinking'],
      },
    ]);
    expect(bytes.length).toBeGreaterThan(0);
  });

  it('has the newest first', async () => {
    await using place = await aStore();
    for (const [name, year] of [
      ['old', 2021],
      ['new', 2023],
      ['middle', 2022],
    ] as const) {
      await writeModel(place.store, name, { model: 'w' });
      await dated(
        join(place.root, `manifests/registry.ollama.ai/library/${name}/latest`),
        new Date(`${year}-01-01`),
      );
    }

    expect((await place.store.tags()).map(({ name }) => name)).toEqual([
      'new:latest',
      'middle:latest',
      'old:latest',
    ]);
  });

  it.each(['model', 'template', 'config'] as const)(
    'leaves out a model whose %s is missing',
    async (part) => {
      await using place = await aStore();
      const { digests, config: configDigest } = await writeModel(place.store, 'tiny', parts);
      await unlink(place.store.blobFile(part === 'config' ? configDigest : digests[part]!));

      expect(await place.store.tags()).toEqual([]);
      expect(await place.store.show(named('tiny'))).toBeUndefined();
    },
  );

  it('passes over what is no manifest at all', async () => {
    await using place = await aStore();
    await writeModel(place.store, 'tiny', parts);
    const library = join(place.root, 'manifests/registry.ollama.ai/library');
    await mkdir(join(library, 'tiny/folder'));
    await writeFile(join(library, 'tiny/.latest.tmp'), '{}');
    await writeFile(join(library, 'tiny/half'), '{"schemaVersion":2,');
    await writeFile(join(library, '.DS_Store'), 'x');

    expect((await place.store.tags()).map(({ name }) => name)).toEqual(['tiny:latest']);
  });

  it('names what is no model file without what it can do', async () => {
    await using place = await aStore();
    await writeModel(place.store, 'strange', { model: '<html>', config: '{}' });

    expect(await place.store.tags()).toMatchObject([{ name: 'strange:latest', capabilities: [] }]);
  });
});

describe('a model that is shown', () => {
  it('tells all it has', async () => {
    await using place = await aStore();
    await writeModel(place.store, 'tiny', parts);

    const shown = await place.store.show(named('tiny'));

    expect(shown).toMatchObject({
      license: 'As you like.',
      parameters: [
        `${'num_ctx'.padEnd(30)} 4096`,
        `${'stop'.padEnd(30)} "<a>"`,
        `${'stop'.padEnd(30)} "<b>"`,
        `${'temperature'.padEnd(30)} 0.6`,
      ].join('\n'),
      template: GO_TEMPLATES.deepseekR1,
      system: 'Be brief.',
      details: { family: 'llama', quantization_level: 'F32' },
      messages: [{ role: 'user', content: 'Hi' }],
      capabilities: ['completion', 'thinking'],
    });
    expect(shown?.modelfile).toContain('FROM tiny:latest\nTEMPLATE """{{- if .System }}');
    expect(shown?.modelfile).toContain(
      '\nPARAMETER stop <b>\nPARAMETER temperature 0.6\nLICENSE As you like.\nMESSAGE user Hi\n',
    );
    expect(shown?.model_info).toMatchObject({
      'general.architecture': 'llama',
      'general.parameter_count': 118_208,
      'llama.context_length': 2048,
      'tokenizer.ggml.tokens': null,
    });
    expect(shown?.model_info).not.toHaveProperty(['tokenizer.chat_template']);
  });

  it('tells its vocabulary when asked for all', async () => {
    await using place = await aStore();
    await writeModel(place.store, 'tiny', parts);

    const shown = await place.store.show(named('tiny'), { verbose: true });

    expect(shown?.model_info['tokenizer.ggml.tokens']).toHaveLength(281);
  });

  it('has the template of its file where it has no other, and says nothing of what it has not', async () => {
    await using place = await aStore();
    await writeModel(place.store, 'tiny', { model: tinyGguf(), projector: tinyGguf() });

    const shown = await place.store.show(named('tiny'));

    expect(shown?.template).toContain('{% for m in messages %}');
    expect(shown?.projector_info).toMatchObject({ 'general.architecture': 'llama' });
    expect(Object.keys(shown!)).not.toEqual(expect.arrayContaining(['license']));
    expect(shown).not.toHaveProperty('system');
  });
});

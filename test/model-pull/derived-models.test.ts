import { stat } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { GO_TEMPLATES } from '#shared/fixtures/go-templates.ts';
import { blobsOf } from '#shared/protocol/registry/manifest.ts';
import { startFakeOllama } from '../fakes/ollama/fake-ollama.ts';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import { aModelPull } from '../helpers/model-pull.ts';
import {
  blobFile,
  expectClear,
  linesOf,
  manifestIn,
  newestJob,
  published,
  pulled,
} from '../helpers/pulls.ts';

const registry = await startFakeRegistry();
afterAll(() => registry.stop());
const pull = await aModelPull({ registry });
const { store } = pull;
/** An Ollama that reads the same store, and started before any model was there. */
const ollama = await startFakeOllama({ models: store });
afterAll(() => ollama.stop());

async function aBase(name: string, parts: Parameters<typeof aTinyModel>[0] = {}): Promise<string> {
  const model = `${registry.host}/${registry.addModel(name, aTinyModel(parts)).name}`;
  expect((await pulled(pull, { model })).body).toEqual({ status: 'success' });
  return model;
}
const base = await aBase('tiny');
const thinker = await aBase('r1', { template: GO_TEMPLATES.deepseekR1 });
const builtIn = await aBase('built-in', { config: { renderer: 'qwen3-coder', parser: 'qwen3-coder' } });

const create = async (body: object) => {
  const response = await pull.ask('POST', '/api/create', body);
  return { status: response.status, lines: await linesOf(response) };
};
const shown = async (url: string, model: string) =>
  (await (
    await fetch(`${url}/api/show`, { method: 'POST', body: JSON.stringify({ model }) })
  ).json()) as Shown;
const ours = async (model: string) =>
  (await (await pull.ask('POST', '/api/show', { model })).json()) as Shown;
interface Shown {
  template: string;
  system?: string;
  parameters: string;
  license?: string;
  capabilities: string[];
  details: { parent_model: string; family: string };
  model_info: Record<string, unknown>;
}
const modelBlob = async (model: string) => {
  const { digest, size } = (await manifestIn(store, model)).layers.find(({ mediaType }) =>
    mediaType.endsWith('.model'),
  )!;
  return { digest, size, inode: (await stat(blobFile(store, digest))).ino };
};
const bytesIn = async () => {
  const sizes = (await published(store)).map((file) => Number(file.split(' ').at(-2)));
  return sizes.reduce((sum, size) => sum + size, 0);
};

describe('a model made of another', () => {
  it('has what was asked for, shares the weights, and costs some hundred bytes', async () => {
    const before = await bytesIn();
    const weights = await modelBlob(base);
    const { status, lines } = await create({
      model: 'mine:short',
      from: base,
      system: 'Be brief.',
      template: '{{ .System }}|{{ .Prompt }}',
      parameters: { num_ctx: 512, stop: ['END'] },
      license: 'Ours.',
    });
    expect([status, lines.at(-1)]).toEqual([200, { status: 'success' }]);
    expect(lines).toContainEqual({ status: `using layer ${weights.digest}` });
    expect(await modelBlob('mine:short')).toEqual(weights);
    expect((await bytesIn()) - before).toBeLessThan(2_500);

    const mine = await ours('mine:short');
    expect(mine).toMatchObject({ system: 'Be brief.', template: '{{ .System }}|{{ .Prompt }}' });
    expect(mine.license).toMatch(/as they like\.\n[\s\S]*Ours\.$/);
    expect(mine.parameters).toMatch(/num_ctx\s+512/);
    expect(mine.parameters).toMatch(/temperature\s+0\.6/); // as the base has it
    expect(mine.parameters).toMatch(/stop\s+"END"/);
    expect(mine.details.family).toBe('llama');
  });

  it('is served by an Ollama of the same store, with its own context', async () => {
    const model = 'mine:short';
    const { models } = (await (await fetch(`${ollama.url}/api/tags`)).json()) as {
      models: { name: string }[];
    };
    expect(models.map(({ name }) => name)).toContain(model);
    const chat = await fetch(`${ollama.url}/api/chat`, {
      method: 'POST',
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }], stream: false }),
    });
    expect(await chat.json()).toMatchObject({ model, done: true, message: { role: 'assistant' } });
    const { models: loaded } = (await (await fetch(`${ollama.url}/api/ps`)).json()) as {
      models: { name: string; context_length: number }[];
    };
    expect(loaded).toMatchObject([{ name: model, context_length: 512 }]);
    expect((await shown(ollama.url, model)).template).toBe((await ours(model)).template);
  });

  it('always thinks where that was asked for, and is still one that thinks to Ollama', async () => {
    const { lines } = await create({ model: 'always', from: thinker, think: 'always' });
    expect(lines.at(-1)).toEqual({ status: 'success' });
    expect(lines.map(({ status }) => status)).toContainEqual(expect.stringContaining('OLLAMA_GO_TEMPLATE=1'));
    const [forced, plain] = [await ours('always'), await ours(thinker)];
    expect(plain.template).toBe(GO_TEMPLATES.deepseekR1);
    expect(forced.template).not.toBe(plain.template);
    expect(forced.template).toMatch(/<think>\n\{\{-? end -?\}\}/);
    expect(forced.capabilities).toContain('thinking');
    expect((await shown(ollama.url, 'always')).template).toBe(forced.template);
    const answer = await fetch(`${ollama.url}/api/chat`, {
      method: 'POST',
      body: JSON.stringify({
        model: 'always',
        messages: [{ role: 'user', content: 'Hi' }],
        think: true,
        stream: false,
      }),
    });
    expect(answer.status).toBe(200);
  });

  it('may be made anew, of itself too, and is the same when asked for twice', async () => {
    const body = { model: 'again', from: base, system: 'One.', stream: false };
    for (const _ of [1, 2]) expect((await create(body)).lines).toEqual([{ status: 'success' }]);
    const first = (await newestJob(pull, 'again')).state;
    expect((await create({ ...body, system: 'Two.' })).status).toBe(200);
    expect((await ours('again')).system).toBe('Two.');
    expect((await create({ ...body, from: 'again', parameters: { top_k: 3 } })).status).toBe(200);
    expect(await ours('again')).toMatchObject({
      system: 'One.',
      parameters: expect.stringMatching(/top_k\s+3/),
    });
    expect(first.status).toBe('ready');
  });

  it('outlives its base', async () => {
    const gone = await aBase('gone', { params: { top_k: 7 } });
    await create({ model: 'heir', from: gone, system: 'Alone.' });
    expect((await pull.ask('DELETE', '/api/delete', { model: gone })).status).toBe(200);
    const collected = await pull.ask('POST', '/gc', { grace_ms: 0 });
    expect(collected.status).toBe(200);
    for (const { digest, size } of blobsOf(await manifestIn(store, 'heir'))) {
      expect((await stat(blobFile(store, digest))).size).toBe(size);
    }
    expect((await ours('heir')).parameters).toMatch(/top_k\s+7/);
  });
});

describe('what cannot be made', () => {
  it.each<[string, object, number, RegExp]>([
    ['without a name', { from: base }, 400, /model is required/],
    ['without a base', { model: 'x' }, 400, /from/],
    [
      'of one that is not there',
      { model: 'x', from: 'none' },
      404,
      /model 'none' not found, try pulling it first/,
    ],
    ['under the name of one of the cloud', { model: 'x:cloud', from: base }, 400, /cloud/],
    ['by files', { model: 'x', files: {}, from: base }, 400, /`files` is not taken/],
    ['by quantising', { model: 'x', from: base, quantize: 'q4_0' }, 400, /quanti[sz]ed/],
    ['with another renderer', { model: 'x', from: base, renderer: 'harmony' }, 400, /renderer/],
    ['with a host elsewhere', { model: 'x', from: base, remote_host: 'https://x' }, 400, /out of the house/],
    ['with an unknown parameter', { model: 'x', from: base, parameters: { num_ctxx: 1 } }, 400, /num_ctxx/],
    ['with a wrong parameter', { model: 'x', from: base, parameters: { num_ctx: 'a' } }, 400, /num_ctx/],
    ['with a template that is broken', { model: 'x', from: base, template: '{{ if }}' }, 400, /template/i],
    [
      'with a template that its renderer ignores',
      { model: 'x', from: builtIn, template: 'y' },
      400,
      /built into Ollama/,
    ],
    [
      'thinking where a renderer decides',
      { model: 'x', from: builtIn, think: 'always' },
      400,
      /built into Ollama/,
    ],
    [
      'thinking where its template has no thoughts',
      { model: 'x', from: base, think: 'always' },
      400,
      /Thinking/,
    ],
    [
      'thinking with a template as well',
      { model: 'x', from: thinker, think: 'always', template: 'y' },
      400,
      /not both/,
    ],
  ])('(%s) is refused with a reason, and nothing is written', async (_, body, status, words) => {
    const before = await published(store);
    const refused = await create({ ...body, stream: false });
    expect(refused).toEqual({ status, lines: [{ error: expect.stringMatching(words) }] });
    expectClear(refused.lines[0]!.error, pull);
    expect(await published(store)).toEqual(before);
  });

  it('is told in the stream as well', async () => {
    const { lines } = await create({ model: 'x', from: builtIn, think: 'always' });
    expect(lines.at(-1)).toEqual({ error: expect.stringContaining('built into Ollama') });
  });

  it('by a renderer can have another system prompt all the same', async () => {
    expect((await create({ model: 'calm', from: builtIn, system: 'Calm.' })).lines.at(-1)).toEqual({
      status: 'success',
    });
    expect(await ours('calm')).toMatchObject({
      system: 'Calm.',
      renderer: 'qwen3-coder',
      parser: 'qwen3-coder',
    });
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { aModel } from '../helpers/gateway.ts';
import { callApi, ollamaOf } from '../helpers/ollama-callers.ts';
import { aServedGateway, type ServedGateway } from '../helpers/served-gateway.ts';
import { aTenant } from '../helpers/tenant.ts';
import { thrownBy } from '../helpers/thrown-by.ts';
import { ErrorAnswer, PsAnswer, ShowAnswer, TagsAnswer, VersionAnswer } from '../schemas/ollama.ts';

let gateway: ServedGateway;
let ollama: ReturnType<typeof ollamaOf>;

beforeAll(async () => {
  gateway = await aServedGateway();
  const address = gateway.fake.url;
  const offer = { backend: 'ollama', address, upstreamModel: 'tiny:latest' } as const;
  const capabilities: ('tools' | 'vision')[] = ['tools', 'vision'];
  await aModel(gateway.database, { ...offer, name: 'wise', model: { capabilities, contextTokens: 16_384 } });
  await aModel(gateway.database, { ...offer, name: 'measuring', model: { kind: 'embedding' } });
  ollama = ollamaOf(gateway);
});

const get = (path: string, init: RequestInit = {}) =>
  fetch(`${gateway.url}${path}`, { headers: { authorization: `Bearer ${gateway.key}` }, ...init });

describe("what Ollama's client learns of models", () => {
  it('is all that the key may use, with what the catalog knows', async () => {
    const { models } = await ollama.list();
    TagsAnswer.parse({ models });
    const byName = new Map(models.map((model) => [model.name, model as object]));
    expect(byName.get('wise')).toMatchObject({
      model: 'wise',
      details: { context_length: 16_384 },
      capabilities: ['completion', 'tools', 'vision'],
    });
    expect(byName.get('measuring')).toMatchObject({ capabilities: ['embedding'] });
    expect(new Set(models.map(({ digest }) => digest)).size).toBe(models.length);
  });

  it('is the same at each time', async () => {
    expect(await ollama.list()).toEqual(await ollama.list());
  });

  it('is nothing of what it may not use', async () => {
    const tenant = await aTenant(gateway, { models: ['wise'] });
    const { models } = await ollamaOf(tenant).list();
    expect(models.map(({ name }) => name)).toEqual(['wise']);
    const error = await thrownBy(ollamaOf(tenant).show({ model: 'measuring' }));
    expect(error).toMatchObject({ status_code: 404, error: expect.stringContaining('measuring') });
  });

  it('of one model is what editors look for, and nothing of the operator', async () => {
    const shown = await ollama.show({ model: 'wise' });
    ShowAnswer.parse(shown);
    const info = shown.model_info as unknown as Record<string, unknown>;
    expect(info[`${info['general.architecture']}.context_length`]).toBe(16_384);
    expect(shown.capabilities).toEqual(['completion', 'tools', 'vision']);
  });

  it('can be asked for by the older name of the field', async () => {
    ShowAnswer.parse(await (await callApi(gateway, 'show', { name: 'wise', verbose: true })).json());
  });

  it.each([[{}], [{ model: '' }], [{ model: 5 }]])('is not told of %j', async (body) => {
    const response = await callApi(gateway, 'show', body);
    expect(response.status).toBe(400);
    expect(ErrorAnswer.parse(await response.json()).error).toContain('model');
  });

  it('says what is loaded somewhere, of that which the key may use', async () => {
    const tenant = ollamaOf(await aTenant(gateway, { models: ['wise'] }));
    const loaded = async () => PsAnswer.parse(await tenant.ps()).models.map(({ name }) => name);
    expect(await loaded()).toEqual([]);
    await ollama.chat({ model: 'wise', messages: [{ role: 'user', content: 'Hi' }] });
    await expect.poll(loaded).toEqual(['wise']);
  });
});

describe('whoever looks for an Ollama', () => {
  it.each(['GET', 'HEAD'])('finds one, without a key, by %s /', async (method) => {
    const response = await fetch(`${gateway.url}/`, { method });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await response.text()).toBe(method === 'GET' ? 'Ollama is running' : '');
  });

  it('is told a version that its clients accept', async () => {
    const { version } = VersionAnswer.parse(await ollama.version());
    expect(version.localeCompare('0.6.4', 'en', { numeric: true })).toBeGreaterThan(0);
  });

  it.each(['/api/tags', '/api/version'])('may ask for the head of %s alone', async (path) => {
    const response = await get(path, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  it.each(['/api/tags', '/api/version', '/api/ps'])('needs a key for %s', async (path) => {
    const response = await fetch(`${gateway.url}${path}`);
    expect(response.status).toBe(401);
    ErrorAnswer.parse(await response.json());
  });

  it.each(['/api', '/api/status', '/api/me', '/api/chat'])('finds no GET %s', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(ErrorAnswer.parse(await response.json()).error).toContain(path);
  });
});

describe('a change of models', () => {
  it.each([
    ['POST', 'pull'],
    ['POST', 'push'],
    ['POST', 'create'],
    ['POST', 'copy'],
    ['POST', 'delete'],
    ['POST', 'blobs/sha256:00'],
    ['GET', 'blobs/sha256:00'],
  ])('%s /api/%s is refused with a reason', async (method, path) => {
    const response = await get(`/api/${path}`, { method, ...(method !== 'GET' && { body: '{}' }) });
    expect(response.status).toBe(403);
    expect(ErrorAnswer.parse(await response.json()).error).toContain("they are the operator's");
  });

  it('is told to the client in these words', async () => {
    const error = await thrownBy(ollama.pull({ model: 'wise' }));
    expect(error).toMatchObject({ status_code: 403, error: expect.stringContaining('may not pull models') });
  });
});

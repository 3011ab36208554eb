import { eq } from 'drizzle-orm';
import { NotFoundError } from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { models } from '#shared/db/schema.ts';
import { aKey, aModel } from '../helpers/gateway.ts';
import { aServedGateway, ask, type ServedGateway, sdk } from '../helpers/served-gateway.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway();
  await addModel('org/family/deep:8b');
  await addModel('llama3:latest');
});

const addModel = (name: string, model = {}) =>
  aModel(gateway.database, {
    name,
    backend: 'ollama',
    address: gateway.fake.url,
    upstreamModel: 'tiny:latest',
    model,
  });

/** The names that a caller with this key is shown. */
async function shownTo(key: string): Promise<string[]> {
  const page = await sdk({ url: gateway.url, key }).models.list();
  return page.data.map(({ id }) => id);
}

const keyFor = (names: string[]) => aKey(gateway.database, gateway.pepper, { models: names });

describe('GET /v1/models', () => {
  it('lists what there is, in OpenAI’s form', async () => {
    const page = await gateway.client.models.list();
    const tiny = page.data.find(({ id }) => id === 'ollama/tiny');
    expect(tiny).toMatchObject({ object: 'model', owned_by: 'sublet', created: expect.any(Number) });
    expect(page.data.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['ollama/tiny', 'openai/tiny', 'org/family/deep:8b']),
    );
  });

  it('lists to each key what it may use, and nothing else', async () => {
    expect(await shownTo(await keyFor(['openai/tiny', 'no/such']))).toEqual(['openai/tiny']);
    expect(await shownTo(await keyFor([]))).toEqual([]);
  });

  it('shows a model from the moment that it is in the catalog, and hides it from when it is disabled', async () => {
    await addModel('newcomer');
    expect(await shownTo(gateway.key)).toContain('newcomer');
    await gateway.client.chat.completions.create(ask('newcomer'));
    const disable = { status: 'disabled' as const };
    await gateway.database.write((db) => db.update(models).set(disable).where(eq(models.name, 'newcomer')));
    expect(await shownTo(gateway.key)).not.toContain('newcomer');
    const error = await thrownBy(gateway.client.chat.completions.create(ask('newcomer')));
    expect(error).toBeInstanceOf(NotFoundError);
  });
});

describe('a model whose upstream names a credential that is not set here', () => {
  it('is not served, rather than asked without it', async () => {
    const address = `${gateway.fake.url}/v1/`;
    await aModel(gateway.database, {
      name: 'unpaid',
      backend: 'openai',
      address,
      credential: 'env:UPSTREAM_NOT_SET',
    });
    const before = gateway.fake.requests.length;
    const client = sdk({ url: gateway.url, key: gateway.key }).withOptions({ maxRetries: 0 });
    const error = await thrownBy(client.chat.completions.create(ask('unpaid')));
    expect(error).toMatchObject({ status: 503, code: 'server_overloaded' });
    expect(gateway.fake.requests.length).toBe(before);
  });
});

describe('what LobeChat reads of a model', () => {
  it('are its own fields beside those of OpenAI', async () => {
    await addModel('described', {
      displayName: 'Described 8B',
      description: 'A model with all that can be said of one',
      capabilities: ['tools', 'vision', 'thinking'],
      contextTokens: 32_768,
      maxOutputTokens: 4096,
    });
    expect(await gateway.client.models.retrieve('described')).toMatchObject({
      id: 'described',
      created: expect.any(Number),
      displayName: 'Described 8B',
      description: 'A model with all that can be said of one',
      contextWindowTokens: 32_768,
      maxOutput: 4096,
      functionCall: true,
      vision: true,
      reasoning: true,
      type: 'chat',
      enabled: true,
    });
  });

  it('are no abilities where the catalog tells of none, so that it does not guess', async () => {
    await addModel('some-vl-reasoning-model');
    const model = await gateway.client.models.retrieve('some-vl-reasoning-model');
    expect(model).toMatchObject({ functionCall: false, vision: false, reasoning: false });
    expect(model).not.toHaveProperty('contextWindowTokens');
  });
});

describe('GET /v1/models/{id}', () => {
  it('finds an id with slashes, as the SDK writes it and as people do', async () => {
    const id = 'org/family/deep:8b';
    expect(await gateway.client.models.retrieve(id)).toMatchObject({ id, object: 'model' });
    const headers = { authorization: `Bearer ${gateway.key}` };
    const plain = await fetch(`${gateway.url}/v1/models/${id}`, { headers });
    expect(await plain.json()).toMatchObject({ id });
  });

  it('finds a model by the name that Ollama’s users leave short, for a look and for a chat', async () => {
    expect((await gateway.client.models.retrieve('llama3')).id).toBe('llama3:latest');
    const { model, choices } = await gateway.client.chat.completions.create(ask('llama3'));
    expect(model).toBe('llama3:latest');
    expect(choices[0]!.message.content).toContain('世界');
  });

  it('knows a model that the key may not use as little as one that does not exist', async () => {
    const { models: known } = sdk({ url: gateway.url, key: await keyFor(['openai/tiny']) });
    const [forbidden, unknown] = [
      await thrownBy(known.retrieve('ollama/tiny')),
      await thrownBy(known.retrieve('no/such')),
    ];
    for (const error of [forbidden, unknown]) expect(error).toBeInstanceOf(NotFoundError);
    const nameless = (error: unknown) => (error as Error).message.replace(/`.*`/, '');
    expect(nameless(forbidden)).toBe(nameless(unknown));
    expect(forbidden).toMatchObject({ code: 'model_not_found', param: 'model' });
  });

  it.each(['%', '%E0%A4%A', '%00', '..%2f..%2fhealthz', `${'x'.repeat(3000)}`])(
    'answers an id that cannot be one with a 404: %.20s',
    async (id) => {
      const headers = { authorization: `Bearer ${gateway.key}` };
      const response = await fetch(`${gateway.url}/v1/models/${id}`, { headers });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ error: { code: 'model_not_found' } });
    },
  );
});

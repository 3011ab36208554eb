import Anthropic from '@anthropic-ai/sdk';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { upstreams } from '#shared/db/schema.ts';
import { dialects } from '../fakes/openai/dialects.ts';
import { type FakeOpenai, startFakeOpenai } from '../fakes/openai/fake-openai.ts';
import { aGateway, aModel, type TestGateway } from '../helpers/gateway.ts';
import { gather } from '../helpers/gather.ts';
import { ollamaOf } from '../helpers/ollama-callers.ts';
import { sdk } from '../helpers/served-gateway.ts';
import { EmbedAnswer, GenerateAnswer } from '../schemas/ollama.ts';

const DIALECT = dialects.vLLM!;
const HELLO = 'Hello, 世界! 🌍';
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const hello = [{ role: 'user' as const, content: 'Hello!' }];

let gateway: TestGateway;
let service: FakeOpenai;

beforeAll(async () => {
  const environment = { router: { UPSTREAM_RENTED_KEY: 'sk-rented', UPSTREAM_RENTED_ORG: 'org-1' } };
  [gateway, service] = await Promise.all([aGateway({ environment }), startFakeOpenai()]);
  const { database } = gateway;
  const credential = 'env:UPSTREAM_RENTED_KEY';
  const offer = {
    backend: 'openai',
    address: `${service.url}/v1`,
    upstreamModel: 'theirs',
    credential,
  } as const;
  await aModel(database, { ...offer, name: 'rented' });
  await aModel(database, { ...offer, name: 'embedder', model: { kind: 'embedding' } });
  await aModel(database, { ...offer, name: 'ruled', address: `${service.url}/v1/` });
  const rules = {
    rename: { Authorization: 'api-key' },
    remove: ['accept'],
    set: { 'User-Agent': 'sublet', 'x-org': 'env:UPSTREAM_RENTED_ORG', host: 'evil', 'content-length': '1' },
  };
  await database.write((db) =>
    db
      .update(upstreams)
      .set({ headers: rules, outputCapField: 'max_completion_tokens' })
      .where(eq(upstreams.name, `openai ${service.url}/v1/`)),
  );
});
afterAll(() => service.stop());
beforeEach(() => service.answers(DIALECT));

const seen = () => service.requests.at(-1)!;
const anthropic = () => new Anthropic({ baseURL: gateway.url, apiKey: gateway.key, maxRetries: 0 });

describe('an upstream with rules of its own', () => {
  it.each<[string, () => Promise<unknown>]>([
    [
      'a request that passes',
      () =>
        sdk(gateway).chat.completions.create({
          model: 'ruled',
          messages: hello,
          max_tokens: 9,
          stream: true,
        }),
    ],
    [
      'one that is translated',
      () => anthropic().messages.create({ model: 'ruled', messages: hello, max_tokens: 9 }),
    ],
  ])('has %s by them', async (_, call) => {
    await call();
    const { headers, body } = seen();
    expect(headers).toMatchObject({
      'api-key': 'Bearer sk-rented',
      'user-agent': 'sublet',
      'x-org': 'org-1',
    });
    expect(headers.authorization).toBeUndefined();
    expect(headers.accept).toBeUndefined();
    expect(headers.host).toBe(new URL(service.url).host);
    expect(body).toMatchObject({ max_completion_tokens: 9 });
    expect(body).not.toHaveProperty('max_tokens');
  });

  it('leaves the others with what is usual', async () => {
    await anthropic().messages.create({ model: 'rented', messages: hello, max_tokens: 9 });
    expect(seen().headers).toMatchObject({ authorization: 'Bearer sk-rented', accept: 'text/event-stream' });
    expect(seen().body).toMatchObject({ max_tokens: 9 });
  });
});

describe('Ollama’s client, served by an OpenAI-compatible service', () => {
  it('has a text gone on with: as a turn of a chat, with the model’s template', async () => {
    const request = { model: 'rented', prompt: 'Once', system: 'Be brief.', images: [PIXEL] };
    const answer = GenerateAnswer.parse(await ollamaOf(gateway).generate(request));
    expect(answer).toMatchObject({ response: HELLO, prompt_eval_count: 11, eval_count: 7 });
    expect(seen().path).toBe('/v1/chat/completions');
    expect(seen().body.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Once' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
        ],
      },
    ]);
  });

  it.each<[string, object]>([
    ['as it stands', { raw: true }],
    ['before a suffix', { suffix: 'end' }],
  ])('has a text gone on with %s, as a plain completion', async (_, rest) => {
    const request = { model: 'rented', prompt: 'Once', ...rest };
    const lines = await gather(await ollamaOf(gateway).generate({ ...request, stream: true }));
    expect(lines.map(({ response }) => response).join('')).toBe(HELLO);
    expect(seen()).toMatchObject({ path: '/v1/completions', body: { prompt: 'Once', model: 'theirs' } });
  });

  it('has texts turned into vectors', async () => {
    const answer = await ollamaOf(gateway).embed({ model: 'embedder', input: ['ab', 'abc'] });
    expect(EmbedAnswer.parse(answer)).toMatchObject({
      embeddings: [
        [2, 0, 0.5],
        [3, 1, 0.5],
      ],
      prompt_eval_count: 5,
    });
    expect(seen().body).toEqual({ model: 'theirs', input: ['ab', 'abc'], encoding_format: 'float' });
  });

  it('has its options and its schema', async () => {
    const options = {
      temperature: 0.5,
      top_k: 40,
      min_p: 0.1,
      repeat_penalty: 1.1,
      seed: 7,
      num_predict: 9,
      stop: ['x'],
    };
    const format = { type: 'object', properties: {} };
    await ollamaOf(gateway).chat({ model: 'rented', messages: hello, options, format, think: 'high' });
    expect(seen().body).toMatchObject({
      temperature: 0.5,
      top_k: 40,
      min_p: 0.1,
      repetition_penalty: 1.1,
      seed: 7,
      max_tokens: 9,
      stop: ['x'],
      reasoning_effort: 'high',
      response_format: { type: 'json_schema', json_schema: { schema: format } },
    });
  });
});

describe('an OpenAI-compatible service that', () => {
  const chat = () => ollamaOf(gateway).chat({ model: 'rented', messages: hello });
  const streamed = async () =>
    gather(await ollamaOf(gateway).chat({ model: 'rented', messages: hello, stream: true }));
  const said = 'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}\n\n';

  it.each<[string, number, object, number]>([
    ['refuses our credential', 401, { message: 'Incorrect API key sk-rented' }, 502],
    ['knows no such model', 404, { message: 'no such model theirs' }, 502],
    ['is busy', 429, { message: 'slow down' }, 503],
    ['fails', 500, { message: 'at /srv/secret' }, 502],
    ['refuses the request', 400, { message: 'top_k is not known', param: 'top_k' }, 400],
    ['says that the prompt is too long', 400, { message: 'x', code: 'context_length_exceeded' }, 400],
  ])(
    '%s, is told with %i as %i, and keeps its own words where they are not the caller’s',
    async (_, status, error, expected) => {
      service.fail({ kind: 'status', status, body: JSON.stringify({ error }) });
      const thrown: unknown = await chat().catch((reason: unknown) => reason);
      expect(thrown).toMatchObject({ status_code: expected });
      expect(String(thrown)).not.toMatch(/sk-rented|theirs|secret/);
    },
  );

  it.each<[string, { words: string; isBroken?: boolean }]>([
    ['breaks off', { words: said, isBroken: true }],
    ['ends too early', { words: said }],
    ['fails in the middle', { words: `${said}data: {"error":{"message":"boom"}}\n\n` }],
    ['sends what is no JSON', { words: `${said}data: {"choi\n\n` }],
    ['sends no stream at all', { words: '<html>', isBroken: false }],
  ])('%s is never taken for one that has finished', async (_, fault) => {
    service.fail({ kind: 'words', ...fault });
    await expect(streamed()).rejects.toThrow();
    service.fail({ kind: 'words', ...fault });
    await expect(chat()).rejects.toMatchObject({ status_code: 502 });
  });

  it('answers with one object though a stream was asked for is understood', async () => {
    const body = {
      id: 'x',
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: HELLO }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    };
    service.fail({ kind: 'words', type: 'application/json', words: JSON.stringify(body) });
    const lines = await streamed();
    expect(lines.map(({ message }) => message.content).join('')).toBe(HELLO);
    expect(lines.at(-1)).toMatchObject({ eval_count: 2 });
  });
});

it('what a service cannot be told is refused before it is asked', async () => {
  const before = service.requests.length;
  const request = { model: 'rented', prompt: 'Once', raw: true, images: [PIXEL] };
  await expect(ollamaOf(gateway).generate(request)).rejects.toMatchObject({ status_code: 400 });
  expect(service.requests).toHaveLength(before);
});

import { beforeAll, describe, expect, it } from 'vitest';
import { defaultModels } from '../fakes/ollama/default-models.ts';
import type { FakeModel } from '../fakes/ollama/models.ts';
import { eventsOf, post } from '../helpers/outcome.ts';
import { aServedGateway, BACKENDS, type ServedGateway } from '../helpers/served-gateway.ts';

// What LobeChat sends and what it makes of answers was measured (reference: lobechat.md).
let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway({ fake: { models: [...defaultModels, abrupt] } });
});

/** Some of its text comes with the very object that ends its answer. */
const abrupt: FakeModel = { name: 'abrupt', reply: { pieces: [{ text: 'Well' }], textOnDone: ', bye.' } };

/** The first message of a topic, as LobeChat 1.143 sends it. */
const firstMessage = (model: string, rest: object = {}) => ({
  model,
  messages: [{ role: 'user', content: 'hello' }],
  stream: true,
  stream_options: { include_usage: true },
  temperature: 1,
  top_p: 1,
  frequency_penalty: 0,
  presence_penalty: 0,
  user: 'DEFAULT_LOBE_CHAT_USER',
  ...rest,
});

/** What it adds for models whose card declares it, or by mistake. */
const EXTRAS = {
  service_tier: 'auto',
  verbosity: 'medium',
  thinking: { type: 'enabled', budget_tokens: 1024 },
  thinkingBudget: 1024,
  urlContext: false,
  enabledContextCaching: false,
  apiMode: 'chatCompletion',
};

type Delta = { content?: string; reasoning_content?: string | null; reasoning?: string };
type Chunk = { choices: { delta: Delta; finish_reason: string | null }[]; usage?: object | null };

const stream = async (model: string, rest: object = {}) => {
  const response = await post(gateway, firstMessage(model, rest));
  expect(response.status).toBe(200);
  return response.text();
};
const chunksOf = (body: string) =>
  eventsOf(body)
    .slice(0, -1)
    .map((event) => JSON.parse(event) as Chunk);

describe.each(BACKENDS)('LobeChat with a model of the %s backend', (backend) => {
  const [tiny, thinker] = [`${backend}/tiny`, `${backend}/thinker`];

  it('passes its connection check: some text comes, of a model that thinks too', async () => {
    for (const model of [tiny, thinker]) {
      const text = chunksOf(await stream(model)).map(({ choices }) => choices[0]?.delta.content ?? '');
      expect(text.join('')).not.toBe('');
    }
  });

  it('has all its extra fields tolerated', async () => {
    expect(await stream(thinker, EXTRAS)).toContain('[DONE]');
  });

  it('gets data lines and comments alone: an event line would lose it all text', async () => {
    const lines = (await stream(thinker)).split('\n');
    expect(lines.filter((line) => !/^(data: .+|:.*|)$/.test(line))).toEqual([]);
  });

  it('never gets text and thinking in one chunk, nor either of them with the finish or the usage', async () => {
    for (const { choices, usage } of chunksOf(await stream(thinker))) {
      const { delta, finish_reason: finish } = choices[0] ?? { delta: {}, finish_reason: null };
      const kinds = [
        delta.content,
        'reasoning_content' in delta ? delta.reasoning_content : delta.reasoning,
        finish,
        usage,
      ].filter(Boolean);
      expect(kinds.length).toBeLessThanOrEqual(1);
    }
  });

  it('can show the tokens, since the usage has its total', async () => {
    const last = chunksOf(await stream(tiny)).at(-1)!;
    expect(last).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
  });

  it('may send a turn that failed before, and pictures', async () => {
    const png = 'data:image/png;base64,iVBORw0KGgo=';
    const text = await stream(`${backend}/seer`, {
      messages: [
        { role: 'user', content: 'hello' },
        { role: 'assistant', content: '...' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'what is this?' },
            { type: 'image_url', image_url: { detail: 'auto', url: png } },
          ],
        },
      ],
    });
    const all = chunksOf(text).map(({ choices }) => choices[0]?.delta.content ?? '');
    expect(all.join('')).toBe('I see 1 张图片 🖼️');
  });
});

it('LobeChat gets the text apart that Ollama sends with the end of its answer', async () => {
  const chunks = chunksOf(await stream('ollama/abrupt'));
  const told = chunks.map(({ choices }) => [choices[0]?.delta.content, choices[0]?.finish_reason]);
  expect(told).toEqual([
    ['Well', null],
    [', bye.', null],
    [undefined, 'stop'],
    [undefined, undefined],
  ]);
});

describe('what LobeChat reads of errors', () => {
  it.each([
    ['model_not_found', 404, { model: 'no/such' }],
    ['context_length_exceeded', 400, { messages: [{ role: 'user', content: 'long '.repeat(10_000) }] }],
  ])('is the code %s in an error of four keys', async (code, status, rest) => {
    const response = await post(gateway, firstMessage('ollama/tiny', rest));
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { error: object };
    expect(error).toMatchObject({ code, message: expect.stringMatching(/\w+ \w+ \w+/) });
    expect(Object.keys(error).toSorted()).toEqual(['code', 'message', 'param', 'type']);
  });

  it('is a 401 for a wrong key alone', async () => {
    const { status } = await post({ url: gateway.url, key: 'sk-wrong' }, firstMessage('ollama/tiny'));
    expect(status).toBe(401);
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { gather } from '../helpers/gather.ts';
import { callApi, callsOf, lastRequest, linesOf, ollamaOf } from '../helpers/ollama-callers.ts';
import { receiptOf } from '../helpers/own-usage.ts';
import { aServedGateway, type ServedGateway } from '../helpers/served-gateway.ts';
import { GenerateAnswer, GenerateLoaded, GeneratePiece } from '../schemas/ollama.ts';

const TINY_SAYS = 'Hello, 世界! 🌍 Grüße.';
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

let gateway: ServedGateway;
let ollama: ReturnType<typeof ollamaOf>;

beforeAll(async () => {
  const models = [
    { name: 'tiny:latest', reply: TINY_SAYS, capabilities: ['completion' as const, 'insert' as const] },
    {
      name: 'thinker:8b',
      capabilities: ['completion' as const, 'thinking' as const],
      reply: { pieces: [{ thinking: 'Well…' }, { text: 'Yes.' }] },
    },
    { name: 'seer:latest', capabilities: ['completion' as const, 'vision' as const], reply: 'I see.' },
  ];
  gateway = await aServedGateway({ fake: { models } });
  ollama = ollamaOf(gateway);
});

const seen = () => lastRequest(gateway, '/api/generate');

describe("Ollama's client, generating", () => {
  it('gets a whole answer, with what it used', async () => {
    const answer = await ollama.generate({ model: 'ollama/tiny', prompt: 'Hello!' });
    GenerateAnswer.parse(answer);
    const { promptTokens, outputTokens } = seen();
    expect(answer).toMatchObject({ response: TINY_SAYS, done: true, done_reason: 'stop' });
    expect(answer).toMatchObject({ prompt_eval_count: promptTokens, eval_count: outputTokens });
  });

  it('gets a stream, one line a piece, and the thinking apart', async () => {
    const request = { model: 'ollama/thinker', prompt: 'Is it?', think: true, stream: true } as const;
    const lines = await gather(await ollama.generate(request));
    expect(lines.map(({ thinking }) => thinking ?? '').join('')).toBe('Well…');
    expect(lines.map(({ response }) => response).join('')).toBe('Yes.');
  });

  it('has all of its fields go upstream, and of the answer no token ids come', async () => {
    const answer = await ollama.generate({
      model: 'ollama/tiny',
      prompt: 'def f():',
      suffix: 'return 1',
      system: 'Be brief.',
      format: 'json',
      template: '',
      context: [],
      options: { temperature: 0.5, num_predict: 32 },
    });
    expect(answer).not.toHaveProperty('context');
    expect(seen().body).toEqual({
      model: 'tiny:latest',
      prompt: 'def f():',
      suffix: 'return 1',
      system: 'Be brief.',
      format: 'json',
      stream: true,
      truncate: false,
      shift: false,
      options: { temperature: 0.5, num_predict: 32 },
    });
  });

  it('sends a text as it stands, and images', async () => {
    await ollama.generate({ model: 'ollama/seer', prompt: 'What?', raw: true, images: [PIXEL] });
    expect(seen().body).toMatchObject({ raw: true, images: [PIXEL] });
  });

  it('loads a model by an empty prompt, which nobody pays', async () => {
    const before = callsOf(gateway, '/api/generate');
    const answer = await ollama.generate({ model: 'ollama/tiny', prompt: '', keep_alive: '10m' });
    GenerateLoaded.parse(answer);
    expect(callsOf(gateway, '/api/generate')).toBe(before);
  });
});

it('a text is gone on with by a service that speaks OpenAI’s protocol too', async () => {
  const lines = await gather(await ollama.generate({ model: 'openai/tiny', prompt: 'Hello!', stream: true }));
  expect(lines.map(({ response }) => response).join('')).toBe(TINY_SAYS);
  expect(lines.at(-1)).toMatchObject({ done_reason: 'stop', eval_count: expect.any(Number) });
});

describe('a call of /api/generate', () => {
  it('is a stream unless it says otherwise, of lines in the form that is specified', async () => {
    const response = await callApi(gateway, 'generate', { model: 'ollama/tiny', prompt: 'Hello!' });
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const { pieces, end } = await linesOf(response, { piece: GeneratePiece, last: GenerateAnswer });
    expect(pieces.map(({ response: text }) => text).join('')).toBe(TINY_SAYS);
    const { tokens, source } = await receiptOf(gateway, response.headers.get('x-request-id'));
    expect(source).toBe('reported');
    expect(tokens.prompt.charged).toBe(end.prompt_eval_count);
    expect(tokens.output.charged).toBe(end.eval_count);
  });

  it.each([
    ['template', { template: '{{ .Prompt }}' }],
    ['context', { context: [1, 2] }],
    ['system', { raw: true, system: 'Be brief.' }],
    ['options.num_gpu', { options: { num_gpu: 1 } }],
    ['options.wizardry', { options: { wizardry: 1 } }],
    ['options.num_predict', { options: { num_predict: 0 } }],
    ['options.temperature', { options: { temperature: 'hot' } }],
    ['images[0]', { images: ['https://example.com/cat.png'] }],
    ['shift', { shift: true }],
    ['logprobs', { logprobs: true }],
    ['_debug_render_only', { _debug_render_only: true }],
    ['keep_alive', { prompt: '', keep_alive: 0 }],
    ['keep_alive', { prompt: '', keep_alive: '0s' }],
  ])('that gives %s as it must not be is told so in one string', async (field, rest) => {
    const before = callsOf(gateway, '/api/generate');
    const body = { model: 'ollama/tiny', prompt: 'Hello!', ...rest };
    const response = await callApi(gateway, 'generate', body);
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: string };
    expect(error).toContain(field);
    expect(callsOf(gateway, '/api/generate')).toBe(before);
  });
});

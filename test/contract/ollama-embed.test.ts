import { beforeAll, describe, expect, it } from 'vitest';
import { callApi, callsOf, lastRequest, ollamaOf } from '../helpers/ollama-callers.ts';
import { receiptOf } from '../helpers/own-usage.ts';
import { aServedGateway, BACKENDS, type ServedGateway } from '../helpers/served-gateway.ts';
import { aTenant } from '../helpers/tenant.ts';
import { thrownBy } from '../helpers/thrown-by.ts';
import { EmbedAnswer, EmbeddingsAnswer } from '../schemas/ollama.ts';

let gateway: ServedGateway;
let ollama: ReturnType<typeof ollamaOf>;

beforeAll(async () => {
  gateway = await aServedGateway();
  ollama = ollamaOf(gateway);
});

/** What the fake itself says, asked without us. */
async function vectorsOf(input: string | string[], rest: object = {}): Promise<number[][]> {
  const response = await fetch(`${gateway.fake.url}/api/embed`, {
    method: 'POST',
    body: JSON.stringify({ model: 'embed', input, ...rest }),
  });
  return ((await response.json()) as { embeddings: number[][] }).embeddings;
}

const texts = ['Hello!', '你好', 'Grüße 🌍'];

describe.each(BACKENDS)("Ollama's client, embedding with the %s backend", (backend) => {
  const model = `${backend}/embed`;

  it('gets a vector for each text, in their order', async () => {
    const answer = await ollama.embed({ model, input: texts });
    EmbedAnswer.parse(answer);
    expect(answer.model).toBe(model);
    expect(answer.embeddings).toEqual(await vectorsOf(texts));
  });

  it('gets one for a text alone', async () => {
    const { embeddings } = await ollama.embed({ model, input: 'Hello!' });
    expect(embeddings).toEqual(await vectorsOf('Hello!'));
  });

  it('gets shorter vectors', async () => {
    const { embeddings } = await ollama.embed({ model, input: texts, dimensions: 4 });
    expect(embeddings).toEqual(await vectorsOf(texts, { dimensions: 4 }));
  });

  it('gets them in the older way', async () => {
    const answer = await ollama.embeddings({ model, prompt: 'Hello!' });
    EmbeddingsAnswer.parse(answer);
    expect([answer.embedding]).toEqual(await vectorsOf('Hello!'));
  });
});

describe('a call of /api/embed', () => {
  const body = { model: 'ollama/embed', input: texts };

  it('is charged what Ollama counts, and holds no output', async () => {
    const tenant = await aTenant(gateway, { limits: ['tokens/day=1000'] });
    const response = await callApi(tenant, 'embed', body);
    const { prompt_eval_count: prompt } = EmbedAnswer.parse(await response.json());
    const { status, source, tokens } = await receiptOf(tenant, response.headers.get('x-request-id'));
    expect({ status, source }).toEqual({ status: 'settled', source: 'reported' });
    expect(prompt).toBe(lastRequest(gateway, '/api/embed').promptTokens);
    expect(tokens.prompt.charged).toBe(prompt);
    expect(tokens.output).toMatchObject({ held: 0, charged: 0 });
  });

  it.each([
    [{}, true],
    [{ truncate: true }, true],
    [{ truncate: false }, false],
  ])('with %j has what is too long cut: %s', async (rest, truncate) => {
    await callApi(gateway, 'embed', { ...body, ...rest });
    expect(lastRequest(gateway, '/api/embed').body).toMatchObject({ input: texts, truncate });
  });

  it('is refused where a text is too long and must not be cut', async () => {
    const request = { model: 'ollama/embed', input: 'word '.repeat(9000), truncate: false };
    const response = await callApi(gateway, 'embed', request);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: expect.stringContaining('longer than the context') });
  });

  it.each([{ input: '' }, { input: [] }, {}])('with %j asks for nothing', async (rest) => {
    const before = callsOf(gateway, '/api/embed');
    const response = await callApi(gateway, 'embed', { model: 'ollama/embed', ...rest });
    expect(await response.json()).toEqual({ model: 'ollama/embed', embeddings: [] });
    expect(callsOf(gateway, '/api/embed')).toBe(before);
  });

  it.each([
    [{ input: [1, 2] }, 'input'],
    [{ input: 'a', options: { num_ctx: 100 } }, 'options.num_ctx'],
    [{ input: 'a', dimensions: -1 }, 'dimensions'],
  ])('with %j is told what is wrong', async (rest, field) => {
    const error = await thrownBy(ollama.embed({ model: 'ollama/embed', ...(rest as { input: string }) }));
    expect(error).toMatchObject({ status_code: 400, error: expect.stringContaining(field) });
  });

  it.each([
    ['cut-mid-line', 502],
    ['bad-json', 502],
    ['reset', 502],
    ['queue-full', 503],
  ] as const)('whose upstream fails by %s gets no vector and pays nothing', async (kind, status) => {
    gateway.fake.faults.always({ kind });
    const response = await callApi(gateway, 'embed', body);
    gateway.fake.faults.clear();
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: expect.any(String) });
    const receipt = await receiptOf(gateway, response.headers.get('x-request-id'));
    expect(receipt.status).toBe('released');
  });
});

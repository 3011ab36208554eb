import type { EmbeddingCreateParams } from 'openai/resources/embeddings';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { receiptOf } from '../helpers/own-usage.ts';
import { aServedGateway, BACKENDS, type ServedGateway } from '../helpers/served-gateway.ts';
import { aPrice, aTenant } from '../helpers/tenant.ts';
import { thrownBy } from '../helpers/thrown-by.ts';
import { EmbeddingsBody } from '../schemas/openai-embeddings.ts';

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway();
});

afterEach(() => gateway.fake.faults.clear());

const TEXTS = ['Hello', '你好', 'Grüße'];

describe.each(BACKENDS)('the OpenAI SDK, embedding with a model of the %s backend', (backend) => {
  const model = `${backend}/embed`;
  const embed = (rest: Partial<EmbeddingCreateParams> = {}) =>
    gateway.client.embeddings.create({ model, input: TEXTS, ...rest });

  it('gets a vector for each text in its order, the same in base64 and as numbers', async () => {
    const decoded = await embed(); // the SDK asks for base64
    const plain = await embed({ encoding_format: 'float' });
    expect(decoded.data.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(decoded.data.map(({ embedding }) => [...embedding])).toEqual(
      plain.data.map(({ embedding }) => embedding.map(Math.fround)),
    );
    const alone = await embed({ input: TEXTS[1]!, encoding_format: 'float' });
    expect(alone.data).toEqual([{ ...plain.data[1], index: 0 }]);
  });

  it('gets vectors as long as it wants', async () => {
    const { data } = await embed({ dimensions: 4 });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([4, 4, 4]);
  });

  it.each(['float', 'base64'] as const)(
    'gets in %s all that the schema requires',
    async (encoding_format) => {
      EmbeddingsBody[encoding_format].parse(await embed({ encoding_format }));
    },
  );

  it('is charged the tokens of the texts, and nothing else', async () => {
    await aPrice(gateway, model, 3_000_000, 7_000_000);
    const tenant = await aTenant(gateway, { limits: ['cost/total=1000yuan'] });
    const { data, response } = await tenant.client.embeddings
      .create({ model, input: TEXTS, user: 'Ann' })
      .withResponse();
    const receipt = await receiptOf(tenant, response.headers.get('x-request-id'));
    expect(receipt).toMatchObject({
      status: 'settled',
      source: 'reported',
      user: 'Ann',
      tokens: { prompt: { charged: data.usage.prompt_tokens }, output: { held: 0, charged: 0 } },
      cost_micro_yuan: data.usage.prompt_tokens * 3,
    });
    expect(data.usage.prompt_tokens).toBeGreaterThan(0);
  });

  it('is told what fails, and pays nothing for it', async () => {
    gateway.fake.faults.next({ kind: 'error-status', status: 500 });
    const error = (await thrownBy(embed())) as { requestID: string };
    expect(error).toMatchObject({ status: 502, code: 'upstream_error' });
    expect(await receiptOf(gateway, error.requestID)).toMatchObject({ status: 'released' });
  });

  it('is told when a quota has no room for the texts', async () => {
    const tenant = await aTenant(gateway, { limits: ['tokens/day=2'] });
    const error = await thrownBy(tenant.client.embeddings.create({ model, input: TEXTS }));
    expect(error).toMatchObject({ status: 429, code: 'insufficient_quota' });
  });

  it.each([
    [{ input: '' }, 'input'],
    [{ input: ['a', ''] }, 'input[1]'],
    [{ input: [] }, 'input'],
    [{ dimensions: 0 }, 'dimensions'],
  ])('is refused for %j', async (fields, param) => {
    expect(await thrownBy(embed(fields))).toMatchObject({ status: 400, param });
  });
});

it('a text that is too long for a model of Ollama is refused, and not cut', async () => {
  const input = 'word '.repeat(2_000);
  const error = await thrownBy(gateway.client.embeddings.create({ model: 'ollama/embed', input }));
  expect(error).toMatchObject({ status: 400, code: 'context_length_exceeded', param: 'input' });
});

it('tokens are refused where a model takes only texts', async () => {
  const error = await thrownBy(gateway.client.embeddings.create({ model: 'ollama/embed', input: [5, 6] }));
  expect(error).toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'input' });
});

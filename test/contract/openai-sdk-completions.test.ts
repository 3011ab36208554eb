import type { Completion } from 'openai/resources/completions';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { gather } from '../helpers/gather.ts';
import { receiptOf } from '../helpers/own-usage.ts';
import { aServedGateway, BACKENDS, type ServedGateway } from '../helpers/served-gateway.ts';
import { thrownBy } from '../helpers/thrown-by.ts';
import { CompletionBody, CompletionChunk } from '../schemas/openai-completions.ts';

const TINY_SAYS = 'Hello, 世界! 🌍 Grüße.';

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway({
    fake: { models: [{ name: 'tiny:latest', capabilities: ['completion', 'insert'], reply: TINY_SAYS }] },
  });
});

afterEach(() => gateway.fake.faults.clear());

const request = (model: string, rest: object) => ({ model, prompt: 'Once upon', max_tokens: 100, ...rest });
const whole = (model: string, rest: object = {}) =>
  gateway.client.completions.create({ ...request(model, rest), stream: false });
const stream = (model: string, rest: object = {}) =>
  gateway.client.completions.create({ ...request(model, rest), stream: true });
const withUsage = { stream_options: { include_usage: true } };
/** The cap of a request, as Ollama and as OpenAI's upstreams read it. */
interface Capped {
  options?: { num_predict?: number };
  max_tokens?: number;
}

const textOf = (chunks: Completion[]) => chunks.map(({ choices }) => choices[0]?.text ?? '').join('');

describe.each(BACKENDS)('the OpenAI SDK, completing a text with a model of the %s backend', (backend) => {
  const tiny = `${backend}/tiny`;

  it('gets the text whole, with usage', async () => {
    const { choices, usage, object } = await whole(tiny);
    expect(object).toBe('text_completion');
    expect(choices).toMatchObject([{ index: 0, text: TINY_SAYS, finish_reason: 'stop' }]);
    expect(usage!.total_tokens).toBe(usage!.prompt_tokens + usage!.completion_tokens);
  });

  it('gets it in pieces, with usage where it asks for it', async () => {
    const chunks = await gather(await stream(tiny, withUsage));
    expect(chunks.length).toBeGreaterThan(5);
    expect(textOf(chunks)).toBe(TINY_SAYS);
    expect(chunks.at(-1)!.choices).toEqual([]);
    expect(chunks.at(-1)!.usage!.completion_tokens).toBeGreaterThan(0);
    const bare = await gather(await stream(tiny));
    expect(textOf(bare)).toBe(TINY_SAYS);
    expect(bare.every(({ choices }) => choices.length === 1)).toBe(true);
    expect(bare.at(-1)!.choices[0]!.finish_reason).toBe('stop');
  });

  it('is stopped by its own max_tokens, and by 16 where it names none', async () => {
    const capped = await whole(tiny, { max_tokens: 2 });
    expect(capped.choices[0]!.finish_reason).toBe('length');
    expect(capped.usage!.completion_tokens).toBe(2);
    await whole(tiny, { max_tokens: undefined });
    const { options, max_tokens } = gateway.fake.requests.at(-1)!.body as Capped;
    expect(options?.num_predict ?? max_tokens).toBe(16);
  });

  it('fills a gap before a suffix', async () => {
    await whole(tiny, { suffix: ' end' });
    expect(gateway.fake.requests.at(-1)!.body).toMatchObject({ prompt: 'Once upon', suffix: ' end' });
  });

  it('is charged what its usage says', async () => {
    const { data, response } = await stream(tiny, withUsage).withResponse();
    const { usage } = (await gather(data)).at(-1)!;
    const { tokens, source, reason } = await receiptOf(gateway, response.headers.get('x-request-id'));
    expect({ source, reason }).toEqual({ source: 'reported', reason: 'stop' });
    expect(tokens.prompt.charged).toBe(usage!.prompt_tokens);
    expect(tokens.output).toMatchObject({ charged: usage!.completion_tokens, held: 100 });
  });

  it('gets an error with a status before the first token, and in the stream after it', async () => {
    gateway.fake.faults.next({ kind: 'queue-full' });
    expect(await thrownBy(stream(tiny))).toMatchObject({ status: 503, code: 'server_overloaded' });
    gateway.fake.faults.next({ kind: 'cut-mid-line', afterChunks: 3 });
    const { data, response } = await stream(tiny).withResponse();
    expect(await thrownBy(gather(data))).toMatchObject({ code: 'upstream_error' });
    const receipt = await receiptOf(gateway, response.headers.get('x-request-id'));
    expect(receipt).toMatchObject({ status: 'settled', source: 'counted' });
    expect(receipt.tokens.output.charged).toBeGreaterThan(0);
  });
});

describe('a completion of a model of Ollama', () => {
  it('has all that its schema requires, and no more', async () => {
    CompletionBody.parse(await whole('ollama/tiny'));
    for (const rest of [{}, withUsage])
      for (const chunk of await gather(await stream('ollama/tiny', rest))) CompletionChunk.parse(chunk);
  });

  it.each([
    [{ n: 2 }, 'n'],
    [{ best_of: 2 }, 'best_of'],
    [{ echo: true }, 'echo'],
    [{ logprobs: 1 }, 'logprobs'],
    [{ prompt: ['a', 'b'] }, 'prompt[1]'],
    [{ prompt: [5, 6] }, 'prompt'],
  ])('is refused for what such a model cannot do: %j', async (fields, param) => {
    const error = await thrownBy(whole('ollama/tiny', fields));
    expect(error).toMatchObject({ status: 400, code: 'unsupported_parameter', param });
  });
});

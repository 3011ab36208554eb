import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { beforeAll, describe, expect, it } from 'vitest';
import { replayResponse } from '#shared/fixtures/response-stream.ts';
import { gather } from '../helpers/gather.ts';
import { aServedGateway, BACKENDS, type ServedGateway } from '../helpers/served-gateway.ts';
import { ResponseEvent } from '../schemas/openai-response-events.ts';
import { ResponseBody } from '../schemas/openai-responses.ts';

const TINY_SAYS = 'Hello, 世界! 🌍 Grüße.';
const THINKER_THINKS = '让我想想… 🤔';

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway();
});

const whole = (model: string, rest: object = {}) =>
  gateway.client.responses.create({ model, input: 'Hello!', ...rest, stream: false });
const streamed = async (model: string, rest: object = {}): Promise<ResponseStreamEvent[]> =>
  gather(await gateway.client.responses.create({ model, input: 'Hello!', ...rest, stream: true }));

describe.each(BACKENDS)('the OpenAI SDK, asking a model of the %s backend for a response', (backend) => {
  const tiny = `${backend}/tiny`;
  const thinker = `${backend}/thinker`;

  it('gets the text whole, with usage', async () => {
    const response = await whole(tiny);
    expect(response).toMatchObject({ status: 'completed', output_text: TINY_SAYS, store: false });
    const { input_tokens, output_tokens, total_tokens } = response.usage!;
    expect(input_tokens).toBeGreaterThan(0);
    expect(total_tokens).toBe(input_tokens + output_tokens);
  });

  it('gets the same in a stream, in pieces', async () => {
    const events = await streamed(tiny);
    replayResponse(events.map((event) => ResponseEvent.parse(event)));
    const deltas = events.filter(({ type }) => type === 'response.output_text.delta');
    expect(deltas.length).toBeGreaterThan(5);
    expect(events.at(-1)).toMatchObject({ type: 'response.completed' });
  });

  it('gathers the stream to what it gets whole', async () => {
    const stream = gateway.client.responses.stream({ model: thinker, input: 'Hello!' });
    const gathered = await stream.finalResponse();
    const { output } = await whole(thinker);
    expect(gathered.output_text).toBe('答案是 42.');
    expect(withoutIds(gathered.output)).toMatchObject(withoutIds(output));
  });

  it('gets what the model thinks as the summary of a reasoning item', async () => {
    const { output } = await whole(thinker);
    expect(output.map(({ type }) => type)).toEqual(['reasoning', 'message']);
    expect(output[0]).toMatchObject({ summary: [{ type: 'summary_text', text: THINKER_THINKS }] });
  });
});

it('a body has all that its schema requires, and no more', async () => {
  const response = await fetch(`${gateway.url}/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'ollama/thinker', input: 'Hello!' }),
  });
  ResponseBody.parse(await response.json());
});

const withoutIds = (output: object[]) => output.map((item) => ({ ...item, id: expect.any(String) }));

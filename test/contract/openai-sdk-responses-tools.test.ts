import type { FunctionTool, ResponseInput } from 'openai/resources/responses/responses';
import { beforeAll, describe, expect, it } from 'vitest';
import { replayResponse } from '#shared/fixtures/response-stream.ts';
import { tools as chatTools, FIRST, forecaster, SECOND } from '../helpers/forecaster.ts';
import { gather } from '../helpers/gather.ts';
import { aServedGateway, BACKENDS, type ServedGateway } from '../helpers/served-gateway.ts';
import { ResponseEvent } from '../schemas/openai-response-events.ts';

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway({
    fake: {
      models: [
        forecaster,
        { name: 'counter:latest', reply: '{"count": 3}' },
        { name: 'seer:latest', capabilities: ['completion', 'vision'], reply: seen },
      ],
    },
  });
});

const seen = ({ messages }: { messages: { images?: unknown[] }[] }) =>
  `I see ${messages.reduce((sum, { images = [] }) => sum + images.length, 0)} 张图片.`;

const tools: FunctionTool[] = chatTools.flatMap((tool) =>
  tool.type === 'function'
    ? [{ type: 'function', strict: null, parameters: null, ...tool.function } as FunctionTool]
    : [],
);
const question = { role: 'user' as const, content: 'Is it sunny?' };

describe.each(BACKENDS)('a response of a model of the %s backend', (backend) => {
  const model = `${backend}/forecaster`;

  it('calls tools, and goes on with what they said', async () => {
    const first = await gateway.client.responses.create({ model, input: [question], tools });
    const calls = first.output.filter((item) => item.type === 'function_call');
    expect(first).toMatchObject({ status: 'completed', output_text: 'Let me look.' });
    expect(calls.map(({ name }) => name)).toEqual(['weather', 'weather']);
    expect(calls.map((call) => JSON.parse(call.arguments))).toEqual([FIRST, SECOND]);
    expect(new Set(calls.map(({ call_id }) => call_id)).size).toBe(2);

    const outputs = calls.map(({ call_id }) => ({
      type: 'function_call_output' as const,
      call_id,
      output: 'sunny',
    }));
    const input: ResponseInput = [question, ...(first.output as ResponseInput), ...outputs];
    const last = await gateway.client.responses.create({ model, input, tools });
    expect(last.output_text).toBe('Sunny in both, 晴。');
  });

  it('calls tools in a stream of whole items', async () => {
    const events = await gather(
      await gateway.client.responses.create({ model, input: [question], tools, stream: true }),
    );
    const { output } = replayResponse(events.map((event) => ResponseEvent.parse(event)));
    expect(output).toMatchObject([
      { type: 'message' },
      { type: 'function_call', name: 'weather' },
      { type: 'function_call', name: 'weather' },
    ]);
  });

  it('keeps to a schema, and is parsed by the SDK', async () => {
    const schema = { type: 'object', properties: { count: { type: 'integer' } } };
    const { output_parsed } = await gateway.client.responses.parse({
      model: `${backend}/counter`,
      input: 'How many?',
      text: { format: { type: 'json_schema', name: 'count', strict: true, schema } },
    });
    expect(output_parsed).toEqual({ count: 3 });
    const { format, response_format } = gateway.fake.requests.at(-1)!.body as Record<string, unknown>;
    expect(format ?? response_format).toEqual(
      backend === 'ollama'
        ? schema
        : { type: 'json_schema', json_schema: expect.objectContaining({ schema }) },
    );
  });

  it('sees the images that stand in the request', async () => {
    const image_url = 'data:image/png;base64,iVBORw0KGgo=';
    const { output_text } = await gateway.client.responses.create({
      model: `${backend}/seer`,
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'What is it?' },
            { type: 'input_image', detail: 'auto', image_url },
            { type: 'input_image', detail: 'auto', image_url },
          ],
        },
      ],
    });
    expect(output_text).toBe('I see 2 张图片.');
  });
});

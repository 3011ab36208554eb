import type Anthropic from '@anthropic-ai/sdk';
import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema';
import type { ContentBlock, MessageParam, Tool } from '@anthropic-ai/sdk/resources/messages';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FakeModel } from '../fakes/ollama/models.ts';
import { anthropic, askMessage, callsOf, streamedEvents, wholeMessage } from '../helpers/anthropic.ts';
import { FIRST, forecaster, SECOND } from '../helpers/forecaster.ts';
import { aServedGateway, type ServedGateway } from '../helpers/served-gateway.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

/** Answers by the schema it is given. */
const clerk: FakeModel = { name: 'clerk:latest', reply: ({ format }) => (format ? '{"city":"北京"}' : 'no') };

let gateway: ServedGateway;
let client: Anthropic;

beforeAll(async () => {
  gateway = await aServedGateway({ fake: { models: [forecaster, clerk] } });
  client = anthropic(gateway);
});

const weather: Tool = {
  name: 'weather',
  description: 'The weather of the next days',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const request = { ...askMessage('ollama/forecaster', 'Is it sunny?'), tools: [weather] };
const usesIn = (content: ContentBlock[]) => content.filter((block) => block.type === 'tool_use');
const lastMessages = () => callsOf(gateway).at(-1)!.body.messages as object[];

describe("tools by Anthropic's SDK", () => {
  it.each(['whole', 'streamed'])('are called, answered and summed up in a round trip, %s', async (how) => {
    const ask = (messages: MessageParam[]) =>
      how === 'whole'
        ? client.messages.create({ ...request, messages })
        : client.messages.stream({ ...request, messages }).finalMessage();
    const { content, stop_reason } = await ask(request.messages);
    const uses = usesIn(content);
    expect(stop_reason).toBe('tool_use');
    expect(content[0]).toMatchObject({ type: 'text', text: 'Let me look.' });
    expect(uses.map(({ name, input }) => [name, input])).toEqual([
      ['weather', FIRST],
      ['weather', SECOND],
    ]);
    expect(new Set(uses.map(({ id }) => id)).size).toBe(2);

    const results = uses.map(({ id }) => ({
      type: 'tool_result' as const,
      tool_use_id: id,
      content: [{ type: 'text' as const, text: 'sunny' }],
    }));
    const turns: MessageParam[] = [
      { role: 'assistant', content },
      { role: 'user', content: results },
    ];
    const summary = await ask([...request.messages, ...turns]);
    expect(summary).toMatchObject({ stop_reason: 'end_turn', content: [{ text: 'Sunny in both, 晴。' }] });
    expect(lastMessages()).toMatchObject([
      { role: 'user', content: 'Is it sunny?' },
      { role: 'assistant', content: 'Let me look.', tool_calls: [{}, { function: { arguments: SECOND } }] },
      { role: 'tool', content: 'sunny', tool_name: 'weather', tool_call_id: uses[0]!.id },
      { role: 'tool', content: 'sunny', tool_name: 'weather', tool_call_id: uses[1]!.id },
    ]);
  });

  it("are run by the SDK's own runner until the model has answered", async () => {
    const asked: unknown[] = [];
    const runner = client.beta.messages.toolRunner({
      ...request,
      tools: [
        {
          ...weather,
          type: 'custom',
          parse: (input: unknown) => input,
          run: (input: unknown) => {
            asked.push(input);
            return 'sunny';
          },
        },
      ],
    });
    expect((await runner.runUntilDone()).content).toMatchObject([{ text: 'Sunny in both, 晴。' }]);
    expect(asked).toEqual([FIRST, SECOND]);
  });

  it('are not offered to the model where none shall be used', async () => {
    await client.messages.create({ ...request, tool_choice: { type: 'none' } });
    expect(callsOf(gateway).at(-1)!.body).not.toHaveProperty('tools');
  });

  it.each([
    [{ type: 'any' }, 'tool_choice'],
    [{ type: 'tool', name: 'weather' }, 'tool_choice'],
    [{ type: 'auto', disable_parallel_tool_use: true }, 'tool_choice.disable_parallel_tool_use'],
  ] as const)(
    'cannot be forced on a model of Ollama, which is said and not dropped: %j',
    async (tool_choice, param) => {
      const asked = callsOf(gateway).length;
      const error = await thrownBy(client.messages.create({ ...request, tool_choice }));
      expect(error).toMatchObject({ status: 400, type: 'invalid_request_error' });
      expect((error as Error).message).toContain(param);
      expect(callsOf(gateway)).toHaveLength(asked);
    },
  );

  it('go over the wire as the specification has it, in blocks of their own', async () => {
    const { content } = await wholeMessage(gateway, request);
    expect(content.map(({ type }) => type)).toEqual(['text', 'tool_use', 'tool_use']);
    const events = await streamedEvents(gateway, request);
    const starts = events.filter((event) => event.type === 'content_block_start');
    expect(starts.map(({ index, content_block: { type } }) => [index, type])).toEqual([
      [0, 'text'],
      [1, 'tool_use'],
      [2, 'tool_use'],
    ]);
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'tool_use' } });
  });
});

it('an answer by a schema is parsed by the SDK', async () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  } as const;
  const answer = await client.messages.parse({
    ...askMessage('ollama/clerk', 'Where?'),
    output_config: { format: jsonSchemaOutputFormat(schema) },
  });
  expect(answer.parsed_output).toEqual({ city: '北京' });
  expect(callsOf(gateway).at(-1)!.body.format).toMatchObject({ required: ['city'] });
});

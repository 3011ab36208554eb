import { beforeAll, describe, expect, it } from 'vitest';
import { FIRST, forecaster, question, SECOND, tools } from '../helpers/forecaster.ts';
import { aServedGateway, type ServedGateway } from '../helpers/served-gateway.ts';

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway({ fake: { models: [forecaster] } });
});

describe('what Ollama is told of a round trip with tools', () => {
  it('are the tools as given, the calls with their ids, and each result with the name of its tool', async () => {
    const call = (id: string, args: object) => ({
      id,
      type: 'function' as const,
      function: { name: 'weather', arguments: JSON.stringify(args) },
    });
    await gateway.client.chat.completions.create({
      model: 'ollama/forecaster',
      tools,
      messages: [
        question,
        { role: 'assistant', content: null, tool_calls: [call('call_a', FIRST), call('call_b', SECOND)] },
        { role: 'tool', tool_call_id: 'call_b', content: 'sunny' },
        { role: 'tool', tool_call_id: 'call_a', content: '晴' },
      ],
    });
    const { tools: told, messages } = gateway.fake.requests.at(-1)!.body as { [key: string]: unknown[] };
    expect(told).toEqual(tools);
    expect(messages!.slice(1)).toEqual([
      {
        role: 'assistant',
        content: '',
        tool_calls: [
          { id: 'call_a', function: { index: 0, name: 'weather', arguments: FIRST } },
          { id: 'call_b', function: { index: 1, name: 'weather', arguments: SECOND } },
        ],
      },
      { role: 'tool', content: 'sunny', tool_call_id: 'call_b', tool_name: 'weather' },
      { role: 'tool', content: '晴', tool_call_id: 'call_a', tool_name: 'weather' },
    ]);
  });

  it('is nothing of tools with tool_choice none', async () => {
    await gateway.client.chat.completions.create({
      model: 'ollama/forecaster',
      messages: [question],
      tools,
      tool_choice: 'none',
    });
    expect(gateway.fake.requests.at(-1)!.body).not.toHaveProperty('tools');
  });
});

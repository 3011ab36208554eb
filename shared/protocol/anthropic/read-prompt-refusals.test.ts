import { describe, expect, it } from 'vitest';
import { thrownBy } from '../../fixtures/streams.ts';
import { readPrompt } from './read-prompt.ts';

const hi = { role: 'user', content: 'Hi' };
const refusal = (fields: object) =>
  thrownBy(() => readPrompt({ model: 'm', max_tokens: 9, messages: [hi], ...fields }));
const tool = { name: 'f', input_schema: { type: 'object', properties: {} } };

describe('a messages request is refused by the path of the field', () => {
  it.each([
    [{ container: 'c_1' }, 'container'],
    [{ mcp_servers: [{ type: 'url', url: 'http://x', name: 'x' }] }, 'mcp_servers'],
    [{ diagnostics: { previous_message_id: 'msg_1' } }, 'diagnostics'],
    [{ thread: { type: 'create' } }, 'thread'],
    [{ fallbacks: 'default' }, 'fallbacks'],
    [{ inference_geo: 'us' }, 'inference_geo'],
    [{ speed: 'fast' }, 'speed'],
    [{ output_config: { task_budget: { type: 'tokens', total: 9 } } }, 'output_config.task_budget'],
    [{ tools: [tool, { ...tool, defer_loading: true }] }, 'tools[1].defer_loading'],
    [{ tools: [{ ...tool, input_examples: [{}] }] }, 'tools[0].input_examples'],
    [{ tools: [{ ...tool, allowed_callers: ['code_execution_20260120'] }] }, 'tools[0].allowed_callers'],
  ])('that asks for what is not offered: %j', (fields, param) => {
    expect(refusal(fields)).toMatchObject({
      failure: 'unsupported_parameter',
      param,
      message: expect.stringContaining(param),
    });
  });

  it.each([
    [{ max_tokens: undefined }, 'max_tokens'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ temperature: 1.5 }, 'temperature'],
    [{ top_p: 2 }, 'top_p'],
    [{ top_k: -1 }, 'top_k'],
    [{ stop_sequences: 'END' }, 'stop_sequences'],
    [{ system: [{ type: 'image' }] }, 'system[0].type'],
    [{ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 'tools[0].type'],
    [{ tools: [{ name: 'f' }] }, 'tools[0].input_schema'],
    [{ tools: [{ ...tool, name: '' }] }, 'tools[0].name'],
    [{ tool_choice: { type: 'some' } }, 'tool_choice.type'],
    [{ tool_choice: { type: 'tool' } }, 'tool_choice.name'],
    [{ thinking: { type: 'between_tools' } }, 'thinking.type'],
    [{ output_config: { effort: 'extreme' } }, 'output_config.effort'],
    [{ output_config: { format: { type: 'grammar' } } }, 'output_config.format.type'],
  ])('that is wrong: %j', (fields, param) => {
    expect(refusal(fields)).toMatchObject({ failure: 'invalid_request', param });
  });
});

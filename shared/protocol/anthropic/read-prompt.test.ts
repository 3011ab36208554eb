import { describe, expect, it } from 'vitest';
import { readPrompt } from './read-prompt.ts';

const hi = { role: 'user', content: 'Hi' };
const request = (fields: object) => ({ model: 'm', max_tokens: 9, messages: [hi], ...fields });
const prompt = (fields: object = {}) => readPrompt(request(fields));
const tool = { name: 'f', input_schema: { type: 'object', properties: {} } };

describe('a messages request', () => {
  it('is a prompt with no more than it says', () => {
    expect(prompt()).toEqual({
      messages: [{ role: 'user', text: 'Hi', images: [] }],
      tools: [],
      toolChoice: 'auto',
      sampling: {},
      outputCap: 9,
      demands: [],
    });
  });

  it.each([
    ['Be kind.', ['Be kind.']],
    [
      [
        { type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral' } },
        { type: 'text', text: 'Be brief.' },
      ],
      ['Be kind.\nBe brief.'],
    ],
    ['', []],
    [[], []],
    [null, []],
  ])('has a system message first, where it has one: %j', (system, texts) => {
    const messages = prompt({ system }).messages.filter(({ role }) => role === 'system');
    expect(messages.map(({ text }) => text)).toEqual(texts);
    expect(prompt({ system }).messages.at(-1)).toMatchObject({ role: 'user' });
  });

  it('samples as it says', () => {
    const sampling = { temperature: 0.5, top_p: 0.9, top_k: 40, stop_sequences: ['END', ''] };
    expect(prompt(sampling).sampling).toEqual({ temperature: 0.5, topP: 0.9, topK: 40, stop: ['END'] });
    expect(prompt({ temperature: null, stop_sequences: [''] }).sampling).toEqual({});
  });

  it('has tools in the form that all upstreams share', () => {
    const rest = { cache_control: { type: 'ephemeral' }, eager_input_streaming: true, type: 'custom' };
    expect(prompt({ tools: [{ ...tool, description: 'Does it.', ...rest }, tool] }).tools).toEqual([
      { type: 'function', function: { name: 'f', description: 'Does it.', parameters: tool.input_schema } },
      { type: 'function', function: { name: 'f', parameters: tool.input_schema } },
    ]);
  });

  it.each([
    [undefined, 'auto'],
    [{ type: 'auto' }, 'auto'],
    [{ type: 'any' }, 'required'],
    [{ type: 'none' }, 'none'],
    [{ type: 'tool', name: 'f' }, { tool: 'f' }],
  ])('chooses tools: %j', (tool_choice, toolChoice) => {
    expect(prompt({ tools: [tool], tool_choice }).toolChoice).toEqual(toolChoice);
  });

  it.each([
    [{}, undefined],
    [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, true],
    [{ thinking: { type: 'adaptive' } }, undefined],
    [{ thinking: { type: 'disabled' } }, false],
    [{ output_config: { effort: 'low' } }, 'low'],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } }, 'max'],
    [{ thinking: { type: 'enabled' }, output_config: { effort: 'medium' } }, 'medium'],
    [{ thinking: { type: 'disabled' }, output_config: { effort: 'high' } }, false],
  ])('thinks: %j', (fields, thinking) => {
    expect(prompt(fields).thinking).toBe(thinking);
  });

  it('has a format where it brings a schema', () => {
    const schema = { type: 'object', properties: { x: { type: 'number' } } };
    expect(prompt({ output_config: { format: { type: 'json_schema', schema } } }).format).toEqual({
      type: 'schema',
      schema,
    });
  });

  it('demands one tool call at a time only where there are tools', () => {
    const tool_choice = { type: 'auto', disable_parallel_tool_use: true };
    expect(prompt({ tool_choice }).demands).toEqual([]);
    expect(prompt({ tool_choice, tools: [tool] }).demands).toEqual([
      { kind: 'single-tool-call', param: 'tool_choice.disable_parallel_tool_use' },
    ]);
  });

  it('demands files where it has documents, also in the result of a tool', () => {
    const document = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' } };
    const result = { type: 'tool_result', tool_use_id: 't', content: [document] };
    expect(prompt({ messages: [hi, { role: 'user', content: [document, result] }] }).demands).toEqual([
      { kind: 'file', param: 'messages[1].content[0]' },
      { kind: 'file', param: 'messages[1].content[1].content[0]' },
    ]);
  });

  it('is not looked at where nothing is read', () => {
    const content = [{ type: 'text', text: 'Hi', content: [null, { type: 'document' }] }];
    expect(prompt({ messages: [{ role: 'user', content }] }).demands).toEqual([]);
  });

  it('may say what changes nothing in its answer', () => {
    const harmless = {
      cache_control: { type: 'ephemeral' },
      service_tier: 'auto',
      inference_geo: 'global',
      speed: 'standard',
      mcp_servers: [],
      container: null,
      context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
      metadata: { user_id: 'u' },
    };
    expect(prompt(harmless)).toEqual(prompt());
  });
});

import { describe, expect, it } from 'vitest';
import { thrownBy } from '#shared/fixtures/streams.ts';
import { parseFields } from '../../parse-fields.ts';
import { readResponsePrompt } from './read-response-prompt.ts';
import { ResponseRequest } from './response-request.ts';

const read = (fields: object) =>
  readResponsePrompt(parseFields(ResponseRequest, { model: 'm', input: 'Hi', ...fields }));

describe('a request for a response', () => {
  it('offers tools and chooses among them', () => {
    const parameters = { type: 'object', properties: {} };
    const tools = [
      { type: 'function', name: 'f', description: 'Finds.', parameters, strict: true },
      { type: 'function', name: 'g', parameters: null },
    ];
    expect(read({ tools, tool_choice: { type: 'function', name: 'g' } })).toMatchObject({
      tools: [
        { type: 'function', function: { name: 'f', description: 'Finds.', parameters, strict: true } },
        { type: 'function', function: { name: 'g' } },
      ],
      toolChoice: { tool: 'g' },
    });
    expect(read({}).toolChoice).toBe('auto');
    expect(read({ tool_choice: 'none' }).toolChoice).toBe('none');
  });

  it.each([
    [{ type: 'text' }, undefined],
    [{ type: 'json_object' }, { type: 'json' }],
    [
      { type: 'json_schema', name: 'x', schema: { type: 'object' } },
      { type: 'schema', schema: { type: 'object' } },
    ],
  ])('has the answer in the format %j', (format, expected) => {
    expect(read({ text: { format } }).format).toEqual(expected);
  });

  it.each([
    [{ effort: 'none' }, false],
    [{ effort: 'minimal', summary: 'auto' }, 'low'],
    [{ effort: 'high' }, 'high'],
    [{ effort: 'xhigh' }, 'max'],
    [{ summary: 'detailed' }, undefined],
    [null, undefined],
  ])('thinks as reasoning says: %j', (reasoning, thinking) => {
    expect(read({ reasoning }).thinking).toBe(thinking);
  });

  it('is sampled and capped as it says', () => {
    const fields = { temperature: 0, top_p: 0.5, seed: 7, max_output_tokens: 9, num_ctx: 5 };
    expect(read(fields)).toMatchObject({
      sampling: { temperature: 0, topP: 0.5, seed: 7 },
      outputCap: 9,
      contextTokens: 5,
    });
  });

  it.each([
    [{ include: ['message.output_text.logprobs'] }, { kind: 'logprobs', param: 'include[0]' }],
    [{ top_logprobs: 2 }, { kind: 'logprobs', param: 'top_logprobs' }],
    [
      { tools: [{ type: 'function', name: 'f' }], parallel_tool_calls: false },
      { kind: 'single-tool-call', param: 'parallel_tool_calls' },
    ],
    [{ truncation: 'auto' }, { kind: 'context-shift', param: 'truncation' }],
    [{ keep_alive: '5m' }, { kind: 'keep-alive', param: 'keep_alive' }],
    [
      { input: [{ role: 'user', content: [{ type: 'input_file' }] }] },
      { kind: 'file', param: 'input[0].content[0]' },
    ],
  ])('tells what not every model can: %j', (fields, demand) => {
    expect(read(fields).demands).toEqual([demand]);
  });

  it.each([
    [{ tools: [{ type: 'function', name: 'f' }, { type: 'web_search' }] }, 'tools[1].type'],
    [{ tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [] } }, 'tool_choice.type'],
    [{ include: ['thoughts'] }, 'include[0]'],
    [{ max_output_tokens: 0 }, 'max_output_tokens'],
    [{ text: { format: { type: 'grammar' } } }, 'text.format.type'],
    [{ text: { format: { type: 'json_schema' } } }, 'text.format.schema'],
    [{ reasoning: { effort: 'some' } }, 'reasoning.effort'],
    [{ metadata: { a: 5 } }, 'metadata.a'],
  ])('is refused for %j', (fields, param) => {
    expect(thrownBy(() => read(fields))).toMatchObject({ failure: 'invalid_request', param });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thrownBy } from '../../fixtures/streams.ts';
import { parseFields } from '../parse-fields.ts';
import { chatRequest } from './chat-request.ts';
import { ChatRequest, readChat } from './read-chat.ts';

const prompt = (fields: object) => readChat(parseFields(ChatRequest, { model: 'm', ...fields }));
const messages = (...list: object[]) => prompt({ messages: list }).messages;
const call = (name: string, id?: string) => ({ ...(id && { id }), function: { name, arguments: { a: 1 } } });
const calling = (...calls: object[]) => ({ role: 'assistant', content: '', tool_calls: calls });

describe('a chat request of an Ollama client', () => {
  it('says no more than it says', () => {
    expect(prompt({ messages: [{ role: 'user', content: 'Hi' }] })).toEqual({
      messages: [{ role: 'user', text: 'Hi', images: [] }],
      tools: [],
      toolChoice: 'auto',
      sampling: {},
      demands: [],
    });
  });

  it.each(['SYSTEM', 'System', 'developer'])('may call its system %s', (role) => {
    expect(messages({ role, content: 'Be brief.' })).toEqual([{ role: 'system', text: 'Be brief.' }]);
  });

  it('may leave content out', () => {
    expect(messages({ role: 'user' }, { role: 'assistant', content: null, thinking: 'Hm' })).toEqual([
      { role: 'user', text: '', images: [] },
      { role: 'assistant', text: '', toolCalls: [], thinking: 'Hm' },
    ]);
  });

  it.each([
    [{ format: 'json' }, { format: { type: 'json' } }],
    [{ format: { type: 'object' } }, { format: { type: 'schema', schema: { type: 'object' } } }],
    [{ think: false }, { thinking: false }],
    [{ think: 'max' }, { thinking: 'max' }],
    [{ options: { num_predict: 5 } }, { outputCap: 5 }],
    [{ options: { num_ctx: 5 } }, { contextTokens: 5 }],
    [{ options: { stop: ['', 'a'] } }, { sampling: { stop: ['a'] } }],
    [{ options: { stop: 'a', repeat_penalty: 1.1 } }, { sampling: { stop: ['a'], repeatPenalty: 1.1 } }],
    [{ shift: true }, { demands: [{ kind: 'context-shift', param: 'shift' }] }],
  ])('means by %j', (fields, meaning) => {
    expect(prompt(fields)).toMatchObject(meaning);
  });

  it.each([{ options: { num_predict: -1 } }, { options: { num_predict: -2 } }, { options: { num_keep: 5 } }])(
    'asks for nothing by %j',
    (fields) => {
      expect(prompt(fields)).toEqual(prompt({}));
    },
  );

  it.each([
    ['options.num_gpu', { options: { num_gpu: 0 } }],
    ['options.__proto__x', { options: { __proto__x: 1 } }],
    ['messages[1].images[0]', { messages: [{ role: 'user' }, { role: 'user', images: ['%'] }] }],
    ['messages[0].images', { messages: [{ role: 'tool', images: ['AAAA'] }] }],
    ['options.seed', { options: { seed: 1.5 } }],
    ['messages[0].tool_calls[0].function.name', { messages: [calling(call('n'.repeat(257)))] }],
    ['_debug_render_only', { _debug_render_only: true }],
  ])('is refused for %s', (param, fields) => {
    expect(thrownBy(() => prompt(fields))).toMatchObject({ param });
  });
});

describe('the result of a tool', () => {
  const resultsOf = (calls: object[], ...results: object[]) =>
    messages(calling(...calls), ...results.map((result) => ({ role: 'tool', content: 'x', ...result })))
      .slice(1)
      .map((message) => message.role === 'tool' && message.toolCallId);

  it('finds its call by id, by name, or in order', () => {
    const two = [call('f', 'one'), call('g', 'two')];
    expect(resultsOf(two, { tool_call_id: 'two' }, { tool_call_id: 'one' })).toEqual(['two', 'one']);
    expect(resultsOf(two, { tool_name: 'g' }, { tool_name: 'f' })).toEqual(['two', 'one']);
    expect(resultsOf(two, {}, {})).toEqual(['one', 'two']);
    expect(resultsOf(two, { tool_call_id: 'two' }, {})).toEqual(['two', 'one']);
  });

  it('of two calls of one tool is in order', () => {
    expect(resultsOf([call('f'), call('f')], { tool_name: 'f' }, { tool_name: 'f' })).toEqual([
      'call_0_0',
      'call_0_1',
    ]);
  });

  it('keeps what the caller says, also where there is no such call', () => {
    expect(messages({ role: 'tool', content: 'x', tool_name: 'f' })).toEqual([
      { role: 'tool', text: 'x', toolCallId: '', toolName: 'f' },
    ]);
    expect(resultsOf([call('f')], { tool_call_id: 'other' }, {})).toEqual(['other', 'call_0_0']);
  });

  // To look at each call for each result would take half a minute.
  it('finds its call at once among a hundred thousand', () => {
    const many = (one: object) => Array.from({ length: 100_000 }, () => one);
    const result = { role: 'tool', content: '', tool_call_id: 'other' };
    const list = [{ role: 'assistant', tool_calls: many(call('f', 'a')) }, ...many(result)];
    expect(prompt({ messages: list }).messages).toHaveLength(100_001);
  });

  it('goes to Ollama with the name of its tool and without an empty id', () => {
    const sent = (...list: object[]) =>
      chatRequest(prompt({ messages: list }), { model: 'm', contextSteps: [] }) as { messages: object[] };
    expect(sent(calling(call('f')), { role: 'tool', content: 'x' }).messages[1]).toEqual({
      role: 'tool',
      content: 'x',
      tool_call_id: 'call_0_0',
      tool_name: 'f',
    });
    expect(sent({ role: 'tool', content: 'x' }).messages).toEqual([{ role: 'tool', content: 'x' }]);
  });

  it('never finds the call of another result', () => {
    const result = fc.record({ role: fc.constant('tool'), tool_name: fc.constantFrom('', 'f', 'g') });
    fc.assert(
      fc.property(fc.array(fc.constantFrom('f', 'g')), fc.array(result), (names, results) => {
        const found = resultsOf(
          names.map((name) => call(name)),
          ...results,
        ).filter((id) => id !== '');
        expect(new Set(found).size).toBe(found.length);
      }),
    );
  });
});

it('any JSON is read or refused with a field', () => {
  const field = fc.oneof(fc.jsonValue(), fc.array(fc.record({ role: fc.constantFrom('user', 'tool', 'x') })));
  const request = fc.record(
    { messages: field, options: fc.jsonValue(), format: fc.jsonValue(), tools: fc.jsonValue() },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(request, (fields) => {
      try {
        prompt(fields);
      } catch (error) {
        expect(error).toMatchObject({ name: 'GatewayError', status: 400, param: expect.any(String) });
      }
    }),
    { numRuns: 500 },
  );
});

import { describe, expect, it } from 'vitest';
import { readPrompt } from '../openai/read-prompt.ts';
import { chatRequest } from './chat-request.ts';

/** What Ollama is told, when a caller sends these messages. */
function told(...messages: object[]): object[] {
  const request = chatRequest(readPrompt({ messages }), { model: 'm', contextSteps: [] });
  return JSON.parse(JSON.stringify(request)).messages;
}
const call = (id: string, name: string, args: string) => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});
const image = (url: unknown) => ({ type: 'image_url', image_url: url });
const text = (value: string) => ({ type: 'text', text: value });

describe('messages', () => {
  it('of system and developer are both of system', () => {
    expect(
      told({ role: 'system', content: 'a' }, { role: 'developer', content: [text('b'), text('c')] }),
    ).toEqual([
      { role: 'system', content: 'a' },
      { role: 'system', content: 'b\nc' },
    ]);
  });

  it('in parts are one text, with their images as base64', () => {
    const url = 'data:image/png;base64,aGk=';
    const content = [text('这是'), image({ url, detail: 'auto' }), text('什么？'), image(url)];
    expect(told({ role: 'user', content })).toEqual([
      { role: 'user', content: '这是\n什么？', images: ['aGk=', 'aGk='] },
    ]);
  });

  it('of an assistant keep its thinking, under either name', () => {
    expect(
      told(
        { role: 'assistant', content: 'a', reasoning_content: 'x' },
        { role: 'assistant', content: 'b', reasoning: 'y' },
      ),
    ).toEqual([
      { role: 'assistant', content: 'a', thinking: 'x' },
      { role: 'assistant', content: 'b', thinking: 'y' },
    ]);
  });

  it.each([
    ['null', { content: null }],
    ['absent', {}],
    ['empty', { content: '' }],
    ['an empty list', { content: [] }],
  ])('of an assistant that calls tools may have a content that is %s', (_, content) => {
    expect(told({ role: 'assistant', ...content, tool_calls: [call('1', 'f', '{"x":[1]}')] })).toEqual([
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: '1', function: { index: 0, name: 'f', arguments: { x: [1] } } }],
      },
    ]);
  });

  it('of an assistant that refused are its words', () => {
    expect(told({ role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] })).toEqual([
      { role: 'assistant', content: 'No.' },
    ]);
  });

  it('keep the arguments of a call, whatever they are named', () => {
    const args = '{"__proto__":{"x":1},"constructor":2,"城":"\\ud83c"}';
    expect(JSON.stringify(told({ role: 'assistant', tool_calls: [call('1', 'f', args)] }))).toContain(args);
  });

  it.each(['', '  '])('of a call without arguments (%j) have an empty object', (args) => {
    expect(told({ role: 'assistant', tool_calls: [call('1', 'f', args)] })).toMatchObject([
      { tool_calls: [{ function: { arguments: {} } }] },
    ]);
  });
});

describe('a tool result', () => {
  const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: '42' });

  it('names its tool, which is found by the id of the call', () => {
    const calls = { role: 'assistant', tool_calls: [call('1', 'f', '{}'), call('2', 'g', '{}')] };
    expect(told(calls, result('2'), result('1')).slice(1)).toEqual([
      { role: 'tool', content: '42', tool_call_id: '2', tool_name: 'g' },
      { role: 'tool', content: '42', tool_call_id: '1', tool_name: 'f' },
    ]);
  });

  it('names the tool of the last call before it, when a client counts its ids anew in each turn', () => {
    const turn = (name: string) => [
      { role: 'assistant', tool_calls: [call('call_0', name, '{}')] },
      result('call_0'),
    ];
    expect(told(...turn('f'), ...turn('g'))).toMatchObject([{}, { tool_name: 'f' }, {}, { tool_name: 'g' }]);
  });

  it('of an unknown call has no name', () => {
    expect(told(result('9'))).toEqual([{ role: 'tool', content: '42', tool_call_id: '9' }]);
  });
});

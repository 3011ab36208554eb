import { describe, expect, it } from 'vitest';
import { readPrompt } from './read-prompt.ts';

const messagesOf = (...messages: unknown[]) => readPrompt({ model: 'm', max_tokens: 9, messages }).messages;
const user = (...content: unknown[]) => ({ role: 'user', content });
const assistant = (...content: unknown[]) => ({ role: 'assistant', content });
const text = (words: string) => ({ type: 'text', text: words, cache_control: { type: 'ephemeral' } });
const image = (source: object = { type: 'base64', media_type: 'image/png', data: 'iVBORw0K' }) => ({
  type: 'image',
  source,
});
const result = (rest: object = {}) => ({ type: 'tool_result', tool_use_id: 't1', content: 'sunny', ...rest });
const use = {
  type: 'tool_use',
  id: 't1',
  name: 'weather',
  input: { city: '北京' },
  caller: { type: 'direct' },
};

describe('the turn of a user', () => {
  it('is a message with its text and its images', () => {
    expect(messagesOf(user(text('What'), image(), text('is this?')))).toEqual([
      {
        role: 'user',
        text: 'What\nis this?',
        images: [{ type: 'base64', data: 'iVBORw0K', param: 'messages[0].content[1].source' }],
      },
    ]);
  });

  it('may give an image by its address, which is for others to take or to refuse', () => {
    const url = 'https://files.example/a.png';
    expect(messagesOf(user(image({ type: 'url', url })))).toEqual([
      { role: 'user', text: '', images: [{ type: 'url', url, param: 'messages[0].content[0].source' }] },
    ]);
  });

  it('that brings only the results of tools is only those, in their order', () => {
    const turn = user(result(), result({ tool_use_id: 't2', content: [text('rain'), text('snow')] }));
    expect(messagesOf(assistant(use), turn).slice(1)).toEqual([
      { role: 'tool', text: 'sunny', toolCallId: 't1' },
      { role: 'tool', text: 'rain\nsnow', toolCallId: 't2' },
    ]);
  });

  it('that says something beside a result is first the result and then what it says', () => {
    expect(messagesOf(user(result(), text('And tomorrow?')))).toEqual([
      { role: 'tool', text: 'sunny', toolCallId: 't1' },
      { role: 'user', text: 'And tomorrow?', images: [] },
    ]);
  });

  it('shows the images of a result after it, before its own', () => {
    const turn = user(result({ content: [text('A map:'), image()] }), image(), text('Where?'));
    expect(messagesOf(turn)).toMatchObject([
      { role: 'tool', text: 'A map:' },
      {
        role: 'user',
        text: 'Where?',
        images: [
          { param: 'messages[0].content[0].content[1].source' },
          { param: 'messages[0].content[1].source' },
        ],
      },
    ]);
  });

  it.each([
    [{ is_error: true, content: 'No such city.' }, 'Error: No such city.'],
    [{ is_error: true, content: 'Error: no such city.' }, 'Error: no such city.'],
    [{ is_error: false }, 'sunny'],
    [{ content: undefined }, ''],
    [{ content: null }, ''],
    [{ content: [] }, ''],
  ])('has in a result such as %j the words of it', (rest, words) => {
    expect(messagesOf(user(result(rest)))).toEqual([{ role: 'tool', text: words, toolCallId: 't1' }]);
  });

  it('is a message also when it is empty', () => {
    expect(messagesOf({ role: 'user', content: '' }, user())).toEqual([
      { role: 'user', text: '', images: [] },
      { role: 'user', text: '', images: [] },
    ]);
  });
});

describe('the turn of an assistant', () => {
  it('is one message with what it thought, said and called', () => {
    const thinking = { type: 'thinking', thinking: '想', signature: 'x' };
    const sealed = { type: 'redacted_thinking', data: 'xyz' };
    expect(messagesOf(assistant(thinking, sealed, text('Let me '), text('look.'), use))).toEqual([
      {
        role: 'assistant',
        text: 'Let me look.',
        thinking: '想',
        toolCalls: [{ id: 't1', name: 'weather', arguments: { city: '北京' } }],
      },
    ]);
  });

  it('has no thinking where that was left out, and an empty input where there is none', () => {
    const omitted = { type: 'thinking', thinking: '', signature: 'x' };
    expect(messagesOf(assistant(omitted, { ...use, input: undefined }))).toEqual([
      { role: 'assistant', text: '', toolCalls: [{ id: 't1', name: 'weather', arguments: {} }] },
    ]);
  });

  it('may be the last one, for the model to go on with', () => {
    expect(messagesOf(user(text('2+2?')), { role: 'assistant', content: 'It is ' }).at(-1)).toEqual({
      role: 'assistant',
      text: 'It is ',
      toolCalls: [],
    });
  });
});

it('a system message may stand among the others', () => {
  expect(messagesOf({ role: 'system', content: [text('Now be brief.')] })).toEqual([
    { role: 'system', text: 'Now be brief.' },
  ]);
});

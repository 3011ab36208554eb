import { describe, expect, it } from 'vitest';
import { thrownBy } from '#shared/fixtures/streams.ts';
import { parseFields } from '../../parse-fields.ts';
import { readResponsePrompt } from './read-response-prompt.ts';
import { ResponseRequest } from './response-request.ts';

const read = (fields: object) =>
  readResponsePrompt(parseFields(ResponseRequest, { model: 'm', input: 'Hi', ...fields }));
const messages = (...input: object[]) => read({ input }).messages;

const user = (content: unknown) => ({ role: 'user', content });
const said = (text: string) => ({
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text }],
});
const thought = (text: string) => ({
  type: 'reasoning',
  id: 'rs_1',
  summary: [{ type: 'summary_text', text }],
});
const call = (id: string) => ({ type: 'function_call', call_id: id, name: 'f', arguments: '{"x":1}' });
const output = (id: string, text: unknown = 'sunny') => ({
  type: 'function_call_output',
  call_id: id,
  output: text,
});
const called = (id: string) => ({ id, name: 'f', arguments: { x: 1 } });

describe('the input of a response', () => {
  it('is a user’s text, after the instructions', () => {
    expect(read({ instructions: 'Be kind.' }).messages).toEqual([
      { role: 'system', text: 'Be kind.' },
      { role: 'user', text: 'Hi', images: [] },
    ]);
    expect(read({ instructions: '' }).messages).toHaveLength(1);
  });

  it('may be messages of every role, as text or in parts', () => {
    const parts = [
      { type: 'input_text', text: 'What' },
      { type: 'input_text', text: 'is it?' },
      { type: 'input_image', detail: 'auto', image_url: 'data:image/png;base64,iVBORw0KGgo=' },
      { type: 'input_image', image_url: 'https://host/cat.png' },
    ];
    const param = (at: number) => `input[2].content[${at}].image_url`;
    expect(
      messages(
        { role: 'system', content: 'A' },
        { role: 'developer', content: [{ type: 'input_text', text: 'B' }] },
        user(parts),
        { role: 'assistant', content: 'C' },
        said('D'),
        { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
      ),
    ).toEqual([
      { role: 'system', text: 'A' },
      { role: 'system', text: 'B' },
      {
        role: 'user',
        text: 'What\nis it?',
        images: [
          { type: 'base64', data: 'iVBORw0KGgo=', param: param(2) },
          { type: 'url', url: 'https://host/cat.png', param: param(3) },
        ],
      },
      { role: 'assistant', text: 'C', toolCalls: [] },
      { role: 'assistant', text: 'D', toolCalls: [] },
      { role: 'assistant', text: 'No.', toolCalls: [] },
    ]);
  });

  it('has a turn of the model’s in several items, which are one message', () => {
    expect(
      messages(
        user('Hi'),
        thought('Hm'),
        said('Let me look.'),
        call('a'),
        call('b'),
        output('a'),
        output('b', [{ type: 'input_text', text: 'rain' }]),
        thought('So'),
        thought('then'),
        said('Fine.'),
      ).slice(1),
    ).toEqual([
      { role: 'assistant', thinking: 'Hm', text: 'Let me look.', toolCalls: [called('a'), called('b')] },
      { role: 'tool', text: 'sunny', toolCallId: 'a' },
      { role: 'tool', text: 'rain', toolCallId: 'b' },
      { role: 'assistant', thinking: 'So\nthen', text: 'Fine.', toolCalls: [] },
    ]);
  });

  it('may have reasoning in full, or none that we could read', () => {
    const full = { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'Hm' }] };
    const sealed = { type: 'reasoning', summary: [], encrypted_content: 'x' };
    expect(messages(user('Hi'), full, said('A'), user('?'), sealed, said('B'))).toMatchObject([
      {},
      { thinking: 'Hm', text: 'A' },
      {},
      { text: 'B' },
    ]);
  });

  it('leaves out thoughts that nothing came of', () => {
    expect(messages(user('Hi'), thought('Hm'), user('Well?')).map(({ role }) => role)).toEqual([
      'user',
      'user',
    ]);
  });

  it.each([
    [undefined, 'input'],
    [5, 'input'],
    [[], 'input'],
    [[5], 'input[0]'],
    [[user('a'), { type: 'web_search_call' }], 'input[1].type'],
    [[{ role: 'wizard', content: 'a' }], 'input[0].role'],
    [[user([{ type: 'video' }])], 'input[0].content[0].type'],
    [[user([{ type: 'input_text' }])], 'input[0].content[0].text'],
    [[user([{ type: 'input_image', file_id: 'f' }])], 'input[0].content[0].image_url'],
    [[user([{ type: 'input_image', image_url: 'data:x' }])], 'input[0].content[0].image_url'],
    [[{ role: 'system', content: [{ type: 'input_image' }] }], 'input[0].content[0]'],
    [[{ ...call('a'), arguments: '[1]' }], 'input[0].arguments'],
    [[{ ...call('a'), call_id: 5 }], 'input[0].call_id'],
    [[output('a', [{ type: 'input_image' }])], 'input[0].output[0]'],
    [[output('a', { x: 1 })], 'input[0].output'],
  ])('may not be %j', (input, param) => {
    expect(thrownBy(() => read({ input }))).toMatchObject({ param });
  });
});

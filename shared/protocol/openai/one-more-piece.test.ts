import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { charactersOf, hasContent } from './delta.ts';
import { charactersOfOneMorePiece } from './one-more-piece.ts';

const frame = (fields: object) => Buffer.from(`data: ${JSON.stringify(fields)}\n\n`);
const choice = (delta: object, reason: string | null = null) => ({ index: 0, delta, finish_reason: reason });
const piece = (delta: object, rest: object = {}) => frame({ id: 'x', choices: [choice(delta)], ...rest });

describe('a frame that is one more piece by its looks', () => {
  it.each([
    ['text', piece({ content: '你好' }), 2],
    ['text of every length in UTF-8', piece({ content: 'aé你🌍' }), 5],
    ['text with a usage that is null', piece({ content: 'a' }, { usage: null }), 1],
    [
      'text with a role and nulls',
      piece({ role: 'assistant', content: 'a', refusal: null, tool_calls: null }),
      1,
    ],
    ['text that speaks of all this', piece({ content: '"finish_reason":"stop","error":1}' }), 33],
    [
      'text that is escaped',
      Buffer.from('data: {"choices":[{"delta":{"content":"\\u4f60\\n\\\\\\"é"},"finish_reason":null}]}\n\n'),
      5,
    ],
    ['thinking', piece({ reasoning_content: '想想' }), 2],
    ['thinking under two names', piece({ reasoning_content: '想想', reasoning: '想想' }), 2],
    ['thinking beside an empty text', piece({ content: '', reasoning: '想' }), 1],
    ['nothing at all', piece({}), 0],
    ['a role alone', piece({ role: 'assistant', content: '' }), 0],
  ])('is %s', (_what, bytes, characters) => {
    expect(charactersOfOneMorePiece(bytes)).toBe(characters);
  });

  it.each([
    ['a finish', frame({ id: 'x', choices: [choice({}, 'stop')] })],
    ['a finish among several', frame({ id: 'x', choices: [choice({ content: 'a' }), choice({}, 'stop')] })],
    [
      'a finish in another spelling',
      Buffer.from('data: {"choices":[{"finish_reason":null},{"finish_reason" : "stop"}]}\n\n'),
    ],
    ['usage', piece({ content: 'a' }, { usage: { prompt_tokens: 1 } })],
    ['an error', piece({ content: 'a' }, { error: { message: 'no' } })],
    ['the end', Buffer.from('data: [DONE]\n\n')],
    ['a comment', Buffer.from(': keep-alive\n\n')],
    ['JSON that breaks off', Buffer.from('data: {"choices":[{"finish_reason":null,"delta":{"con\n\n')],
    ['two lines', Buffer.from('data: {"choices":[{"finish_reason":null}]\ndata: }\n\n')],
    ['without a delta', frame({ id: 'x', choices: [{ index: 0, finish_reason: null }] })],
    ['a part of a tool call', piece({ tool_calls: [{ index: 0, function: { arguments: '{"' } }] })],
    ['content of another kind', piece({ refusal: 'no' })],
    ['content that is no text', piece({ content: 5 })],
    ['a long text, which is faster to parse', piece({ content: 'a'.repeat(300) })],
  ])('is not %s', (_what, bytes) => {
    expect(charactersOfOneMorePiece(bytes)).toBeUndefined();
  });

  it('has as many characters as it is found to have when it is parsed', () => {
    const word = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.constant(null),
      fc.constant(''),
    );
    const key = fc.constantFrom(
      'role',
      'content',
      'reasoning_content',
      'reasoning',
      'refusal',
      'x":"y',
      '\\',
    );
    fc.assert(
      fc.property(fc.dictionary(key, word), (delta) => {
        const characters = charactersOfOneMorePiece(piece(delta));
        if (characters !== undefined) expect(characters).toBe(hasContent(delta) ? charactersOf(delta) : 0);
      }),
      { numRuns: 2_000 },
    );
  });
});

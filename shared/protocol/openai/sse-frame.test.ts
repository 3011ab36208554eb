import { describe, expect, it } from 'vitest';
import { isOneMorePiece } from './sse-frame.ts';

const frame = (fields: object) => Buffer.from(`data: ${JSON.stringify(fields)}\n\n`);
const choice = (delta: object, reason: string | null = null) => ({ index: 0, delta, finish_reason: reason });

describe('a frame that is one more piece by its looks', () => {
  it.each([
    ['text', frame({ id: 'x', choices: [choice({ content: '你好' })] })],
    ['text with a usage that is null', frame({ id: 'x', choices: [choice({ content: 'a' })], usage: null })],
    [
      'text that speaks of all this',
      frame({ id: 'x', choices: [choice({ content: '"finish_reason":"stop","error":1}' })] }),
    ],
  ])('is %s', (_what, bytes) => {
    expect(isOneMorePiece(bytes)).toBe(true);
  });

  it.each([
    ['a finish', frame({ id: 'x', choices: [choice({}, 'stop')] })],
    ['a finish among several', frame({ id: 'x', choices: [choice({ content: 'a' }), choice({}, 'stop')] })],
    [
      'a finish in another spelling',
      Buffer.from('data: {"choices":[{"finish_reason":null},{"finish_reason" : "stop"}]}\n\n'),
    ],
    ['usage', frame({ id: 'x', choices: [choice({ content: 'a' })], usage: { prompt_tokens: 1 } })],
    ['an error', frame({ id: 'x', choices: [choice({ content: 'a' })], error: { message: 'no' } })],
    ['the end', Buffer.from('data: [DONE]\n\n')],
    ['a comment', Buffer.from(': keep-alive\n\n')],
    ['JSON that breaks off', Buffer.from('data: {"choices":[{"finish_reason":null,"delta":{"con\n\n')],
    ['two lines', Buffer.from('data: {"choices":[{"finish_reason":null}]\ndata: }\n\n')],
  ])('is not %s', (_what, bytes) => {
    expect(isOneMorePiece(bytes)).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import type { ContentPiece, Usage } from '../piece.ts';
import { ChatCompletion } from './chat-completion.ts';

const identity = { id: 'ab12', createdAtSeconds: 1_700_000_000, model: 'm' };
const CALL: ContentPiece = { type: 'tool-call', index: 0, id: 'call_1', name: 'f', arguments: '{}' };

function completion(pieces: ContentPiece[], usage: Usage = { prompt: 1, output: 2 }) {
  const writer = new ChatCompletion(identity);
  for (const piece of pieces) expect(writer.piece(piece)).toBe('');
  return JSON.parse(writer.ending('stop', usage));
}
const message = (...pieces: ContentPiece[]) => completion(pieces).choices[0].message;

describe('a gathered answer', () => {
  it('has all fields that the strict schema wants', () => {
    expect(
      completion([
        { type: 'text', text: '你' },
        { type: 'text', text: '好' },
      ]),
    ).toMatchObject({
      id: 'chatcmpl-ab12',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'm',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: '你好', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: { total_tokens: 3 },
    });
  });

  it('has thinking beside the text, under both names', () => {
    expect(
      message({ type: 'thinking', text: 'a' }, { type: 'text', text: 'b' }, { type: 'thinking', text: 'c' }),
    ).toEqual({
      role: 'assistant',
      content: 'b',
      refusal: null,
      reasoning_content: 'ac',
      reasoning: 'ac',
    });
  });

  it('has a content that is null beside tool calls, and the text where there is one', () => {
    expect(message(CALL)).toMatchObject({ content: null, tool_calls: [{ id: 'call_1', type: 'function' }] });
    expect(message({ type: 'text', text: 'a' }, CALL)).toMatchObject({ content: 'a' });
  });

  it('has a text even when it is empty, and no field for what it has not', () => {
    expect(message()).toEqual({ role: 'assistant', content: '', refusal: null });
  });
});

import { describe, expect, it } from 'vitest';
import { calls, DONE, read, says } from '../../fixtures/ollama-lines.ts';
import { ChatReader } from './chat-reader.ts';

const failure = (message: string) => ({
  type: 'failure',
  error: expect.objectContaining({ failure: 'upstream_error', message }),
});

describe('a stream is a failure', () => {
  const a = says({ content: 'a' });
  it.each([
    ['that ends before its done object', [a], 'The model ended its answer before it was complete.'],
    ['that is empty', [], 'The model ended its answer before it was complete.'],
    [
      'whose done is no true',
      [{ ...DONE, done: 'true' }],
      'The model ended its answer before it was complete.',
    ],
    [
      'with a line that is no JSON',
      [a, '{"message":{"con', DONE],
      'The model sent a line that cannot be understood.',
    ],
    ['of HTML', ['<!doctype html>'], 'The model sent a line that cannot be understood.'],
    ['with a line that is a list', [[a], DONE], 'The model sent a line that cannot be understood.'],
    [
      'with a content that is no text',
      [says({ content: 5 }), DONE],
      'The model sent a line that cannot be understood.',
    ],
    [
      'with a tool call that names no function',
      [calls({ id: 'x' }), DONE],
      'The model sent a line that cannot be understood.',
    ],
  ])('%s', (_, lines, message) => {
    expect(read(...lines).at(-1)).toEqual(failure(message));
  });

  it('with a line that never ends, after the pieces that came before it', () => {
    const reader = new ChatReader('1');
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    expect(reader.read(Buffer.from(`${JSON.stringify(a)}\n`))).toHaveLength(1);
    const pieces = Array.from({ length: 20 }, () => reader.read(chunk)).flat();
    expect([...pieces, ...reader.end()]).toEqual([failure('The model sent a line that is too long.')]);
  });
});

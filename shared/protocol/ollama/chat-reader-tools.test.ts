import { describe, expect, it } from 'vitest';
import { calls, DONE, read } from '../../fixtures/ollama-lines.ts';

const failure = (message: string) => ({
  type: 'failure',
  error: expect.objectContaining({ failure: 'model_error', message }),
});

describe('a tool call', () => {
  const toolCalls = (...lines: object[]) =>
    read(...lines, DONE).filter((piece) => piece.type === 'tool-call');

  it('keeps the id that Ollama gave, and its arguments as the text of an object', () => {
    expect(
      toolCalls(calls({ id: 'call_ab', function: { index: 0, name: 'f', arguments: { 城: '北京' } } })),
    ).toEqual([{ type: 'tool-call', index: 0, id: 'call_ab', name: 'f', arguments: '{"城":"北京"}' }]);
  });

  it('has an index of its own in the answer, and an id of its own where Ollama gave none', () => {
    const call = { function: { index: 0, name: 'f', arguments: {} } };
    const found = toolCalls(calls(call, { ...call, id: '' }), calls(call));
    expect(found.map(({ index, id }) => [index, id])).toEqual([
      [0, 'call_7f_0'],
      [1, 'call_7f_1'],
      [2, 'call_7f_2'],
    ]);
  });

  it.each([
    ['are missing', undefined, '{}'],
    ['are null', null, '{}'],
    ['are a text already', '{"x": 1}', '{"x": 1}'],
  ])('has arguments even where they %s', (_, given, expected) => {
    expect(toolCalls(calls({ function: { name: 'f', arguments: given } }))).toMatchObject([
      { arguments: expected },
    ]);
  });

  it('with arguments too deep to be written is a failure and not the end of the process', () => {
    const depth = 100_000;
    const line = `{"message":{"tool_calls":[{"function":{"name":"f","arguments":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}}]},"done":true}`;
    expect(read(line)).toEqual([failure('The model called a tool with arguments that are nested too deep.')]);
  });
});

import { describe, expect, it } from 'vitest';
import { thrownBy } from '#shared/fixtures/streams.ts';
import { PromptCount } from '../prompt-size.ts';
import { countOf, measureTextInput, readTextInput } from './text-input.ts';

const sizeOf = (value: unknown) => {
  const size = new PromptCount();
  measureTextInput(readTextInput(value, 'input'), size);
  return size;
};

describe('an input', () => {
  it.each([
    ['你好', { kind: 'texts', texts: ['你好'] }, 1],
    [['a', ''], { kind: 'texts', texts: ['a', ''] }, 2],
    [[0, 5, 7], { kind: 'tokens', lists: [[0, 5, 7]] }, 1],
    [[[5], [7, 9]], { kind: 'tokens', lists: [[5], [7, 9]] }, 2],
  ])('may be %j', (value, input, count) => {
    expect(readTextInput(value, 'input')).toEqual(input);
    expect(countOf(readTextInput(value, 'input'))).toBe(count);
  });

  it.each([
    [undefined, 'input'],
    [null, 'input'],
    [5, 'input'],
    [{}, 'input'],
    [[], 'input'],
    [['a', 5], 'input[1]'],
    [['a', null], 'input[1]'],
    [[5, 'a'], 'input[1]'],
    [[5, -1], 'input[1]'],
    [[5, 1.5], 'input[1]'],
    [[[]], 'input[0]'],
    [[null], 'input[0]'],
    [[[5], ['a']], 'input[1][0]'],
    [[[5], 'a'], 'input[1]'],
  ])('may not be %j, and is told where', (value, param) => {
    const error = thrownBy(() => readTextInput(value, 'input'));
    expect(error).toMatchObject({ failure: 'invalid_request', param });
    expect((error as Error).message.startsWith(`${param}: must `)).toBe(true);
  });

  it('counts as its characters, or as its tokens, and each text as one message', () => {
    expect(sizeOf(['Hi', '你好'])).toMatchObject({ bytes: 2 + 6, latin: 2, cjk: 2, messages: 2 });
    expect(sizeOf([[5, 6], [7]])).toMatchObject({ bytes: 3, other: 3, messages: 2 });
  });
});

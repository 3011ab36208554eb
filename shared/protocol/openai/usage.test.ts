import { describe, expect, it } from 'vitest';
import { readUsage, usageObject } from './usage.ts';

const TOKENS = { prompt_tokens: 12, completion_tokens: 34 };

describe('the usage of an upstream', () => {
  it.each([
    ['without details', {}, {}],
    ['with details that are null', { prompt_tokens_details: null, completion_tokens_details: null }, {}],
    ['with counts that are null', { prompt_tokens_details: { cached_tokens: null } }, {}],
    ['with counts of zero, which are values', { prompt_tokens_details: { cached_tokens: 0 } }, { cached: 0 }],
    ['with reasoning', { completion_tokens_details: { reasoning_tokens: 20, x: 1 } }, { reasoning: 20 }],
    [
      'with details that make no sense',
      { prompt_tokens_details: { cached_tokens: -1, x: 1 }, completion_tokens_details: 'x' },
      {},
    ],
  ])('is read %s', (_, details, expected) => {
    expect(readUsage({ ...TOKENS, ...details })).toEqual({ prompt: 12, output: 34, ...expected });
  });

  it.each([undefined, null, '1', -1, 1.5, 2 ** 53])(
    'is read in part when one of its counts is %j',
    (count) => {
      expect(readUsage({ prompt_tokens: count, completion_tokens: 1 })).toEqual({ output: 1 });
      expect(readUsage({ prompt_tokens: 0, completion_tokens: count })).toEqual({ prompt: 0 });
    },
  );

  it.each([
    null,
    {},
    [],
    'x',
    { prompt_tokens: '1', completion_tokens: null },
    { prompt_tokens: -1, completion_tokens: 1.5 },
    { total_tokens: 5, prompt_tokens_details: { cached_tokens: 1 } },
  ])('is unknown when it is %j', (value) => {
    expect(readUsage(value)).toBeUndefined();
  });
});

it('the usage of an answer has every key that clients look for', () => {
  expect(usageObject({ prompt: 12, output: 34, reasoning: 20, cached: 5 })).toEqual({
    prompt_tokens: 12,
    completion_tokens: 34,
    total_tokens: 46,
    prompt_tokens_details: { cached_tokens: 5, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 20,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  });
});

import { describe, expect, it } from 'vitest';
import { calls, DONE, read, says } from '../../fixtures/ollama-lines.ts';

describe("an answer of Ollama's", () => {
  it('gives thinking before text when a line has both', () => {
    expect(read(says({ thinking: '想', content: '答' })).slice(0, 2)).toEqual([
      { type: 'thinking', text: '想' },
      { type: 'text', text: '答' },
    ]);
  });

  it('has no pieces for empty words', () => {
    const nothing = [
      says({ content: '', thinking: '' }),
      says({ content: null, tool_calls: null }),
      { message: null },
      {},
    ];
    expect(read(...nothing, DONE).map((piece) => piece.type)).toEqual(['usage', 'finish']);
  });

  it('may bring its last words and its tool calls with the done object', () => {
    const call = { function: { name: 'f', arguments: { x: 1 } } };
    expect(
      read({ ...DONE, message: { content: '末', tool_calls: [call] } }).map((piece) => piece.type),
    ).toEqual(['text', 'tool-call', 'usage', 'finish']);
  });

  it('goes on over an error that is null', () => {
    expect(read({ ...says({ content: 'a' }), error: null }, { ...DONE, error: null }).at(-1)?.type).toBe(
      'finish',
    );
  });

  it('is over with its done object, whatever follows', () => {
    expect(read(DONE, says({ content: 'late' }), { error: 'late' }, DONE)).toHaveLength(2);
  });
});

describe('the reason of a finish', () => {
  const call = { function: { name: 'f' } };
  it.each([
    ['stop', [{ ...DONE }], 'stop'],
    ['length', [{ ...DONE, done_reason: 'length' }], 'length'],
    ['stop after tool calls', [calls(call), DONE], 'tool-calls'],
    ['length after tool calls', [calls(call), { ...DONE, done_reason: 'length' }], 'length'],
    ['load', [{ ...DONE, done_reason: 'load' }], 'stop'],
    ['nothing', [{ done: true }], 'stop'],
  ])('where Ollama says %s', (_, lines, reason) => {
    expect(read(...lines).at(-1)).toEqual({ type: 'finish', reason });
  });
});

describe('usage', () => {
  const usage = (...lines: object[]) => read(...lines).find((piece) => piece.type === 'usage')?.usage;

  it('is what Ollama counted', () => {
    expect(usage(DONE)).toEqual({ prompt: 6, output: 3 });
  });

  it('is not known where Ollama leaves a count out: it does so with zeros, and with prompts that it had cached', () => {
    expect(usage({ done: true })).toEqual({});
    expect(usage({ done: true, eval_count: 3 })).toEqual({ output: 3 });
    expect(usage({ done: true, eval_count: 0, prompt_eval_count: 0 })).toEqual({ prompt: 0, output: 0 });
  });

  it('tells cached tokens when they are known: zero is a value', () => {
    expect(usage({ ...DONE, prompt_eval_cached_count: 0 })).toEqual({ prompt: 6, output: 3, cached: 0 });
  });

  it('counts the pieces of thinking, and never more than the output', () => {
    const think = says({ content: '', thinking: '…' });
    expect(usage(think, think, DONE)).toMatchObject({ reasoning: 2 });
    expect(usage(think, think, think, think, DONE)).toMatchObject({ output: 3, reasoning: 3 });
    expect(usage(think, { done: true })).toEqual({ reasoning: 1 });
  });

  it.each(['3', -1, 1.5, {}, null])('is not taken from a count of %j', (count) => {
    expect(usage({ ...DONE, eval_count: count, prompt_eval_cached_count: count })).toEqual({ prompt: 6 });
  });
});

import { describe, expect, it } from 'vitest';
import { chatChunk, FINISH, readAll, readChat, sse, USAGE } from '../../fixtures/openai-events.ts';
import { AnswerReader } from './answer-reader.ts';
import { CompletionChoiceReader } from './choice-reader.ts';

const failure = (of: string) => ({ type: 'failure', error: { failure: of } });
const says = (text: string) => chatChunk({ content: text });
const types = (pieces: { type: string }[]) => pieces.map(({ type }) => type);

describe('the answer to a chat', () => {
  it('is text, then its usage, then its finish', () => {
    const usage = {
      prompt_tokens: 9,
      completion_tokens: 4,
      prompt_tokens_details: { cached_tokens: 5 },
      completion_tokens_details: { reasoning_tokens: 3 },
    };
    expect(readChat(sse(says('Hi'), FINISH, { choices: [], usage }, '[DONE]'))).toEqual([
      { type: 'text', text: 'Hi' },
      { type: 'usage', usage: { prompt: 9, output: 4, cached: 5, reasoning: 3 } },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  it.each([
    ['reasoning_content', { reasoning_content: 'Hm' }],
    ['reasoning', { reasoning: 'Hm' }],
    ['both its names', { reasoning_content: 'Hm', reasoning: 'Hm' }],
    ['reasoning beside a null', { reasoning_content: null, reasoning: 'Hm' }],
  ])('has its thinking once, under %s', (_, delta) => {
    expect(readChat(sse(chatChunk(delta), FINISH))[0]).toEqual({ type: 'thinking', text: 'Hm' });
  });

  it('has a refusal as its text', () => {
    expect(readChat(sse(chatChunk({ refusal: 'No.' }), FINISH))[0]).toEqual({ type: 'text', text: 'No.' });
  });

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'content-filter'],
    ['eos', 'stop'],
    ['tool_calls', 'stop'], // and there was none
  ])('that finishes with %s finished with %s', (theirs, ours) => {
    expect(readChat(sse(says('Hi'), chatChunk({}, theirs))).at(-1)).toEqual({ type: 'finish', reason: ours });
  });

  it.each(['insufficient_system_resource', 'network_error', 'error', 'abort'])(
    'that finishes with %s failed',
    (reason) => {
      const pieces = readChat(sse(says('Hi'), chatChunk({}, reason), USAGE, '[DONE]'));
      expect(types(pieces)).toEqual(['text', 'failure']);
    },
  );

  it.each<[string, object[]]>([
    ['beside the finish', [says('Hi'), { ...FINISH, usage: USAGE.usage }]],
    [
      'as a running total',
      [{ ...says('Hi'), usage: { prompt_tokens: 6, completion_tokens: 1 } }, FINISH, USAGE],
    ],
    ['before the finish', [USAGE, says('Hi'), FINISH]],
    [
      'before zeros that stand beside a choice',
      [says('Hi'), USAGE, { ...FINISH, usage: { prompt_tokens: 0, completion_tokens: 0 } }],
    ],
    ['as null until it is known', [{ ...says('Hi'), usage: null }, FINISH, USAGE]],
  ])('has one usage where it is told %s', (_, events) => {
    const pieces = readChat(sse(...events, '[DONE]'));
    expect(pieces.filter(({ type }) => type === 'usage')).toEqual([
      { type: 'usage', usage: { prompt: 6, output: 3 } },
    ]);
  });

  it('has no usage where none is told', () => {
    expect(types(readChat(sse(says('Hi'), FINISH, '[DONE]')))).toEqual(['text', 'finish']);
  });

  it('is complete with its [DONE] even without a finish, and says no more after it', () => {
    expect(types(readChat(sse(says('Hi'), '[DONE]', says('more'))))).toEqual(['text', 'finish']);
  });

  it('is no answer when only [DONE] came', () => {
    expect(readChat(sse('[DONE]'))).toMatchObject([failure('upstream_error')]);
  });

  it('passes by what bears no choice', () => {
    const odd = [{}, { choices: null }, { choices: [] }, { choices: [null] }, { id: 'search', results: [] }];
    expect(types(readChat(sse(...odd, says('Hi'), FINISH)))).toEqual(['text', 'finish']);
  });
});

describe('a failure is told', () => {
  it.each<[string, string, string]>([
    ['an error object', sse({ error: { message: 'boom' } }), 'upstream_error'],
    ['an error that is a text', sse({ error: 'boom' }), 'upstream_error'],
    ['an error in vLLM’s old form', sse({ object: 'error', message: 'boom', code: 400 }), 'upstream_error'],
    [
      'a context that is too long',
      sse({ error: { message: 'x', code: 'context_length_exceeded' } }),
      'context_length_exceeded',
    ],
    ['an error instead of a stream', '{"error":{"message":"boom"}}', 'upstream_error'],
    ['an event that is not JSON', sse('<html>'), 'upstream_error'],
    ['an event that is no object', sse('null'), 'upstream_error'],
    ['content in an unknown form', sse(chatChunk({ content: [{ type: 'x' }] })), 'upstream_error'],
    ['a delta that is none', sse(chatChunk('Hi')), 'upstream_error'],
    ['a page of a portal', '<html><body>Log in</body></html>', 'upstream_error'],
    ['an object that is no answer', '{"hello":1}', 'upstream_error'],
    ['an object that breaks off', '{"choices":[{"message":{"content":"Hi"', 'upstream_error'],
    [
      'a whole answer that is not finished',
      '{"choices":[{"message":{"content":"Hi"},"finish_reason":null}]}',
      'upstream_error',
    ],
    ['nothing at all', '', 'upstream_error'],
  ])('of %s', (_, words, code) => {
    const pieces = readChat(words);
    expect(pieces.at(-1)).toMatchObject(failure(code));
    expect(pieces.filter(({ type }) => type === 'failure')).toHaveLength(1);
  });

  it('after what had come, and nothing after it', () => {
    const pieces = readChat(sse(says('Hi'), { error: { message: 'boom' } }, says('more'), FINISH));
    expect(types(pieces)).toEqual(['text', 'failure']);
  });

  it('of an event without end before it fills the memory', () => {
    const reader = new AnswerReader(new CompletionChoiceReader());
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    const pieces = Array.from({ length: 20 }, () => reader.read(megabyte)).flat();
    expect(pieces).toMatchObject([failure('upstream_error')]);
    expect(reader.end()).toEqual([]);
  });
});

it('the answer to a plain completion is its texts', () => {
  const says = (text: string, finish: string | null = null) => ({
    object: 'text_completion',
    choices: [{ index: 0, text, finish_reason: finish }],
    usage: { prompt_tokens: 0, completion_tokens: 0 },
  });
  const stream = sse(says('1, '), says('2'), says('', 'length'), USAGE, '[DONE]');
  expect(readAll(new AnswerReader(new CompletionChoiceReader()), [Buffer.from(stream)])).toEqual([
    { type: 'text', text: '1, ' },
    { type: 'text', text: '2' },
    { type: 'usage', usage: { prompt: 6, output: 3 } },
    { type: 'finish', reason: 'length' },
  ]);
});

import { expect, it } from 'vitest';
import { thrownBy } from '../../fixtures/streams.ts';
import { readPrompt } from '../openai/read-prompt.ts';
import { chatRequest } from './chat-request.ts';

const TOOLS = [{ type: 'function', function: { name: 'f' } }];

function ask(fields: object, contextSteps: number[] = []) {
  return chatRequest(readPrompt({ messages: [{ role: 'user', content: 'Hi' }], ...fields }), {
    model: 'm',
    contextSteps,
  });
}
const user = (...content: object[]) => ({ messages: [{ role: 'user', content }] });
const image = (url: string) => ({ type: 'image_url', image_url: { url } });

it.each([
  ['several answers', { n: 2 }, 'n'],
  ['a bias', { logit_bias: { 5: -100 } }, 'logit_bias'],
  ['log probabilities', { logprobs: true, top_logprobs: 3 }, 'logprobs'],
  ['the likeliest tokens', { top_logprobs: 3 }, 'top_logprobs'],
  ['a tool that must be called', { tools: TOOLS, tool_choice: 'required' }, 'tool_choice'],
  [
    'a certain tool',
    { tools: TOOLS, tool_choice: { type: 'function', function: { name: 'f' } } },
    'tool_choice',
  ],
  ['one tool call at a time', { tools: TOOLS, parallel_tool_calls: false }, 'parallel_tool_calls'],
  ['tools in their old form', { functions: [{ name: 'f' }] }, 'functions'],
  ['a search of the web', { web_search_options: {} }, 'web_search_options'],
  ['an answer in sound', { modalities: ['text', 'audio'] }, 'modalities'],
  ['a keep_alive', { keep_alive: 0 }, 'keep_alive'],
  ['a context that shifts', { shift: true }, 'shift'],
  ['a prompt that is cut', { truncate: true }, 'truncate'],
  ['an option in Ollama’s own form', { options: { temperature: 0 } }, 'options.temperature'],
  ['a context where the catalog sets none', { num_ctx: 8192 }, 'num_ctx'],
  ['sound', user({ type: 'input_audio', input_audio: {} }), 'messages[0].content[0]'],
  ['a file', user({ type: 'text', text: '' }, { type: 'file', file: {} }), 'messages[0].content[1]'],
  ['an image by its address', user(image('https://x/y.png')), 'messages[0].content[0].image_url'],
  ['an image by a path', user(image('file:///etc/passwd')), 'messages[0].content[0].image_url'],
])('%s is refused by the name of its field, never ignored', (_, fields, param) => {
  expect(thrownBy(() => ask(fields))).toMatchObject({ failure: 'unsupported_parameter', status: 400, param });
});

it.each([
  { n: 1 },
  { n: null },
  { logit_bias: {} },
  { logit_bias: null },
  { logprobs: false, top_logprobs: 0 },
  { tool_choice: 'auto' },
  { tools: [], parallel_tool_calls: false },
  { parallel_tool_calls: true },
  { functions: [] },
  { modalities: ['text'] },
  { shift: false, truncate: false, keep_alive: null },
])('%j asks for nothing that could not be had', (fields) => {
  expect(ask(fields)).toHaveProperty('model', 'm');
});

it('a context beyond the largest step is refused, and told what there is', () => {
  expect(thrownBy(() => ask({ num_ctx: 9000 }, [2048, 8192]))).toMatchObject({
    failure: 'unsupported_parameter',
    message: 'This model cannot be given a context of 9000 tokens. The largest it offers is 8192.',
  });
});

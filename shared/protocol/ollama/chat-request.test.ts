import { describe, expect, it } from 'vitest';
import { readPrompt } from '../openai/read-prompt.ts';
import { chatRequest, isCloudModel } from './chat-request.ts';
import type { OllamaModelSettings } from './inference-fields.ts';

const SETTINGS: OllamaModelSettings = { model: 'qwen3:8b', contextSteps: [] };
const TOOLS = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];

/** What Ollama is asked for, when a caller sends these fields. */
function asked(fields: object, settings: Partial<OllamaModelSettings> = {}): Record<string, unknown> {
  const prompt = readPrompt({ messages: [{ role: 'user', content: 'Hi' }], ...fields });
  return JSON.parse(JSON.stringify(chatRequest(prompt, { ...SETTINGS, ...settings })));
}
const options = (fields: object, settings: Partial<OllamaModelSettings> = {}) =>
  asked(fields, settings).options;

describe('what Ollama is asked for', () => {
  it('of a bare request is a stream that is never cut in silence, and no option of ours', () => {
    expect(asked({})).toEqual({
      model: 'qwen3:8b',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      truncate: false,
      shift: false,
      options: {},
    });
  });

  it.each([
    [
      { temperature: 0, top_p: 0 },
      { temperature: 0, top_p: 0 },
    ],
    [{ temperature: null, top_p: null, seed: null, stop: null, max_tokens: null }, {}],
    [{ max_tokens: 5 }, { num_predict: 5 }],
    [{ max_completion_tokens: 7, max_tokens: 5 }, { num_predict: 7 }],
    [{ stop: 'END' }, { stop: ['END'] }],
    [{ stop: ['a', 'b'] }, { stop: ['a', 'b'] }],
    [{ stop: [] }, {}],
    [{ stop: '' }, {}],
    [{ stop: ['', 'a'] }, { stop: ['a'] }],
    [{ seed: 0 }, { seed: 0 }],
    [
      { presence_penalty: -2, frequency_penalty: 0 },
      { presence_penalty: -2, frequency_penalty: 0 },
    ],
    [
      { top_k: 40, min_p: 0.1, repeat_penalty: 1.1 },
      { top_k: 40, min_p: 0.1, repeat_penalty: 1.1 },
    ],
    [{ user: 'x', metadata: {}, service_tier: 'auto', store: false, verbosity: 'low' }, {}],
  ])('of %j are the options %j', (fields, expected) => {
    expect(options(fields)).toEqual(expected);
  });

  it.each([
    ['none', false],
    ['minimal', 'low'],
    ['low', 'low'],
    ['medium', 'medium'],
    ['high', 'high'],
    ['xhigh', 'max'],
    ['max', 'max'],
    ['ultra', 'max'],
  ])('of an effort of %s is to think: %j', (effort, think) => {
    expect(asked({ reasoning_effort: effort })).toHaveProperty('think', think);
    expect(asked({ reasoning: { effort } })).toHaveProperty('think', think);
  });

  it.each([
    ['thinking that is enabled', { thinking: { type: 'enabled', budget_tokens: 1024 } }, true],
    ['thinking that is disabled', { thinking: { type: 'disabled' } }, false],
    ["Ollama's own switch", { think: false }, false],
    [
      'an effort beside a switch',
      { reasoning_effort: 'high', think: false, thinking: { type: 'disabled' } },
      'high',
    ],
    ['no word of it', { reasoning_effort: null, thinking: null, reasoning: null, think: null }, undefined],
    ['a kind of thinking that we do not know', { thinking: { type: 'adaptive' } }, undefined],
  ])('of %s is to think so', (_, fields, think) => {
    expect(asked(fields).think).toBe(think);
  });

  it.each([
    [null, undefined],
    [{ type: 'text' }, undefined],
    [{ type: 'json_object' }, 'json'],
    [
      { type: 'json_schema', json_schema: { name: 'x', strict: true, schema: { type: 'object' } } },
      { type: 'object' },
    ],
  ])('of the response format %j is the format %j', (response_format, format) => {
    expect(asked({ response_format }).format).toEqual(format);
  });

  it('of tools is the same tools, and none when they may not be called or are none', () => {
    expect(asked({ tools: TOOLS, tool_choice: 'auto' }).tools).toEqual(TOOLS);
    expect(asked({ tools: TOOLS, tool_choice: null }).tools).toEqual(TOOLS);
    for (const fields of [{ tools: TOOLS, tool_choice: 'none' }, { tools: [] }, { tools: null }]) {
      expect(asked(fields)).not.toHaveProperty('tools');
    }
  });
});

describe('the context', () => {
  const steps = { contextSteps: [4096, 16_384] };

  it.each([
    ['nothing', {}, 4096],
    ['less than the first step', { num_ctx: 1 }, 4096],
    ['just a step', { num_ctx: 4096 }, 4096],
    ['more than a step, in options', { options: { num_ctx: 4097 } }, 16_384],
  ])('is a step of the catalog when %s is asked for', (_, fields, tokens) => {
    expect(options(fields, steps)).toEqual({ num_ctx: tokens });
  });

  it("is the server's own when the catalog has no steps", () => {
    expect(options({})).toEqual({});
  });
});

it.each([
  ['10m', '10m'],
  ['300', 300],
  ['-1', -1],
  ['0', 0],
])('a keep_alive of %s in the catalog is sent as %j', (keepAlive, sent) => {
  expect(asked({}, { keepAlive })).toHaveProperty('keep_alive', sent);
});

it.each(['gpt-oss:120b-cloud', 'glm:cloud', 'x:CLOUD', 'ns/m-Cloud'])(
  'the model %s would leave the house',
  (name) => {
    expect(isCloudModel(name)).toBe(true);
  },
);

it.each(['cloud', 'cloudy:8b', 'x:cloud-8b', 'mycloud'])('the model %s stays in the house', (name) => {
  expect(isCloudModel(name)).toBe(false);
});

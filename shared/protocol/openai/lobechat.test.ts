import { describe, expect, it } from 'vitest';
import { chatRequest } from '../ollama/chat-request.ts';
import { parseFields } from '../parse-fields.ts';
import { ChatRequest } from './chat-request.ts';
import { readPrompt } from './read-prompt.ts';

/** What LobeChat 1.143 really sends for a first message (reference: lobechat.md section 1). */
const BODY = {
  model: 'qwen3:8b',
  messages: [{ role: 'user', content: 'hello' }],
  stream: true,
  stream_options: { include_usage: true },
  temperature: 1,
  top_p: 1,
  frequency_penalty: 0,
  presence_penalty: 0,
  user: 'DEFAULT_LOBE_CHAT_USER',
};
const ollamaRequest = (body: object) =>
  chatRequest(readPrompt(body), { model: 'qwen3:8b', contextSteps: [] });

describe("LobeChat's request", () => {
  it('is understood', () => {
    expect(parseFields(ChatRequest, BODY)).toMatchObject({
      model: 'qwen3:8b',
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(ollamaRequest(BODY)).toMatchObject({
      messages: [{ role: 'user', content: 'hello' }],
      options: { temperature: 1, top_p: 1, frequency_penalty: 0, presence_penalty: 0 },
    });
  });

  it.each([
    { reasoning_effort: 'medium' },
    { thinking: { type: 'enabled', budget_tokens: 1024 } },
    { thinkingBudget: 1024, verbosity: 'low', urlContext: true, enabledContextCaching: true },
    { service_tier: 'auto', apiMode: 'chatCompletion' },
    {
      tools: [
        { type: 'function', function: { name: 'search____go____builtin', description: '…', parameters: {} } },
      ],
    },
  ])('is tolerated with the extras %j', (extras) => {
    expect(ollamaRequest({ ...BODY, ...extras })).toHaveProperty('model');
  });

  it('with an image, a past failure, past thinking and tool results is understood', () => {
    const image = { type: 'image_url', image_url: { detail: 'auto', url: 'data:image/png;base64,aGk=' } };
    const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } };
    const messages = [
      { role: 'developer', content: 'Be kind.' },
      { role: 'user', content: [{ type: 'text', text: 'What is it?' }, image] },
      { role: 'assistant', content: '...' },
      { role: 'assistant', content: '', reasoning_content: '想', tool_calls: [call] },
      { role: 'tool', content: '42', tool_call_id: 'call_1', name: 'f' },
      { role: 'user', content: '继续' },
    ];
    expect(ollamaRequest({ ...BODY, messages })).toMatchObject({
      messages: [{ role: 'system' }, { images: ['aGk='] }, {}, { thinking: '想' }, { tool_name: 'f' }, {}],
    });
  });
});

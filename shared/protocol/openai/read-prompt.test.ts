import { describe, expect, it } from 'vitest';
import { thrownBy } from '../../fixtures/streams.ts';
import { parseFields } from '../parse-fields.ts';
import { ChatRequest } from './chat-request.ts';
import { readPrompt } from './read-prompt.ts';

const hi = { role: 'user', content: 'Hi' };
const refusal = (fields: object) => thrownBy(() => readPrompt({ messages: [hi], ...fields }));
const refusedMessage = (message: unknown) => refusal({ messages: [hi, message] });
const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

describe('a field that is wrong is refused by its name', () => {
  it.each([
    [{ messages: [] }, 'messages'],
    [{ messages: 'Hi' }, 'messages'],
    [{ temperature: '0.7' }, 'temperature'],
    [{ temperature: 2.1 }, 'temperature'],
    [{ top_p: -0.1 }, 'top_p'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ max_tokens: -1 }, 'max_tokens'],
    [{ max_completion_tokens: 1.5 }, 'max_completion_tokens'],
    [{ seed: '5' }, 'seed'],
    [{ presence_penalty: 3 }, 'presence_penalty'],
    [{ stop: [5] }, 'stop[0]'],
    [{ reasoning_effort: 'much' }, 'reasoning_effort'],
    [{ reasoning: { effort: 5 } }, 'reasoning.effort'],
    [{ think: 'yes' }, 'think'],
    [{ tools: [{ type: 'custom', custom: {} }] }, 'tools[0].type'],
    [{ tools: [{ type: 'function', function: { name: '' } }] }, 'tools[0].function.name'],
    [{ tool_choice: 'maybe' }, 'tool_choice'],
    [{ tool_choice: { type: 'function' } }, 'tool_choice.function'],
    [{ response_format: { type: 'xml' } }, 'response_format.type'],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'x' } } },
      'response_format.json_schema.schema',
    ],
    [
      { response_format: { type: 'json_schema', json_schema: { schema: null } } },
      'response_format.json_schema.schema',
    ],
    [{ num_ctx: -1 }, 'num_ctx'],
    [{ options: { num_ctx: '8k' } }, 'options.num_ctx'],
  ])('in %j', (fields, param) => {
    expect(refusal(fields)).toMatchObject({ failure: 'invalid_request', param });
  });

  const withCall = (fn: object) => ({
    role: 'assistant',
    tool_calls: [{ id: '1', function: { name: 'f', ...fn } }],
  });
  const CALL = 'messages[1].tool_calls[0].function.arguments';
  it.each([
    [null, 'messages[1]'],
    [{ role: 'function', content: 'x' }, 'messages[1].role'],
    [{ role: 'User', content: 'x' }, 'messages[1].role'],
    [{ role: 'user', content: null }, 'messages[1].content'],
    [{ role: 'user' }, 'messages[1].content'],
    [{ role: 'user', content: [{ type: 'text' }] }, 'messages[1].content[0].text'],
    [{ role: 'user', content: [{ type: 'video_url' }] }, 'messages[1].content[0].type'],
    [
      { role: 'user', content: [{ type: 'image_url', image_url: {} }] },
      'messages[1].content[0].image_url.url',
    ],
    [{ role: 'system', content: [{ type: 'image_url', image_url: 'x' }] }, 'messages[1].content[0].type'],
    [{ role: 'tool', content: 'x' }, 'messages[1].tool_call_id'],
    [withCall({ arguments: { x: 1 } }), CALL],
    [withCall({ arguments: '{"x":' }), CALL],
    [withCall({ arguments: '[1]' }), CALL],
    [withCall({ arguments: 'null' }), CALL],
    [withCall({ arguments: deep(65) }), CALL],
    [withCall({ arguments: '['.repeat(1_000_000) }), CALL],
  ])('in a message such as %.80j', (message, param) => {
    expect(refusedMessage(message)).toMatchObject({ failure: 'invalid_request', param });
  });

  it.each([
    ['data:image/png,raw', 'a data URL of an image must be base64.'],
    ['data:image/png;base64', 'a data URL of an image must be base64.'],
    ['data:image/png;base64,', 'the data of the image is not base64.'],
    ['data:image/png;base64,a b', 'the data of the image is not base64.'],
    ['data:image/png;base64,a-_b', 'the data of the image is not base64.'],
  ])('in an image such as %s', (url, words) => {
    const param = 'messages[1].content[0].image_url';
    const error = refusedMessage({ role: 'user', content: [{ type: 'image_url', image_url: { url } }] });
    expect(error).toMatchObject({ param, message: `${param}: ${words}` });
  });

  it.each([
    [{ model: '' }, 'model'],
    [{ model: 5 }, 'model'],
    [{ stream: 'true' }, 'stream'],
    [{ stream_options: true }, 'stream_options'],
    [{ n: 0 }, 'n'],
    [{ max_tokens: -1 }, 'max_tokens'],
    [{ max_completion_tokens: '5' }, 'max_completion_tokens'],
  ])('before anything is forwarded, to whatever upstream: %j', (fields, param) => {
    const request = { model: 'm', messages: [hi], ...fields };
    expect(thrownBy(() => parseFields(ChatRequest, request))).toMatchObject({ param });
  });
});

it('arguments of a tool call may be 64 levels deep', () => {
  const call = { id: '1', function: { name: 'f', arguments: deep(64) } };
  expect(readPrompt({ messages: [{ role: 'assistant', tool_calls: [call] }] }).messages).toHaveLength(1);
});

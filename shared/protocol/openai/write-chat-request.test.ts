import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thrownBy } from '../../fixtures/streams.ts';
import type { Demand, Image, Message, Prompt } from '../prompt.ts';
import { readPrompt } from './read-prompt.ts';
import { writeChatRequest } from './write-chat-request.ts';

const TARGET = { model: 'theirs', outputCap: 100, outputCapField: 'max_tokens' } as const;
const aPrompt = (rest: Partial<Prompt> = {}): Prompt => ({
  messages: [{ role: 'user', text: 'Hi', images: [] }],
  tools: [],
  toolChoice: 'auto',
  sampling: {},
  demands: [],
  ...rest,
});
const written = (rest: Partial<Prompt> = {}) => writeChatRequest(aPrompt(rest), TARGET);
const messagesOf = (...messages: Message[]) => written({ messages }).messages;

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').toString('base64');
const anImage = (data = PNG): Image => ({ type: 'base64', data, param: 'messages[0].content[1]' });
const TOOL = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } } as const;

describe('a chat request', () => {
  it('is a stream with its usage, capped, by the name that the service knows', () => {
    expect(written()).toEqual({
      model: 'theirs',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 100,
    });
  });

  it('is capped under the name that the service knows, by what was granted', () => {
    const target = { ...TARGET, outputCapField: 'max_completion_tokens' } as const;
    const request = writeChatRequest(aPrompt({ outputCap: 9_000 }), target);
    expect(request).toMatchObject({ max_completion_tokens: 100 });
    expect(request).not.toHaveProperty('max_tokens');
  });

  it('has a conversation in order', () => {
    const call = { id: 'c1', name: 'f', arguments: { city: '北京' } };
    expect(
      messagesOf(
        { role: 'system', text: 'Be brief.' },
        { role: 'user', text: 'Weather?', images: [] },
        { role: 'assistant', text: '', thinking: 'Hm', toolCalls: [call] },
        { role: 'tool', text: 'sunny', toolCallId: 'c1', toolName: 'f' },
        { role: 'assistant', text: '', toolCalls: [] },
      ),
    ).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'Hm',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"city":"北京"}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'sunny' },
      { role: 'assistant', content: '' },
    ]);
  });

  it('has images as data URLs of the type that they are', () => {
    const jpeg = Buffer.from('ffd8ffe000104a4649460001', 'hex').toString('base64');
    const images = [anImage(`${PNG.slice(0, 9)}\r\n${PNG.slice(9)}`), anImage(jpeg)];
    expect(messagesOf({ role: 'user', text: 'What?', images })).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What?' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
          { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${jpeg}` } },
        ],
      },
    ]);
    const [alone] = messagesOf({ role: 'user', text: '', images: [anImage()] }) as [{ content: object[] }];
    expect(alone.content).toHaveLength(1);
  });

  it('has tools, and how they may be chosen', () => {
    const tools = [TOOL];
    expect(written({ tools })).toMatchObject({ tools });
    expect(written({ tools })).not.toHaveProperty('tool_choice');
    expect(written({ tools, toolChoice: 'none' })).toMatchObject({ tools, tool_choice: 'none' });
    expect(written({ tools, toolChoice: 'required' })).toMatchObject({ tool_choice: 'required' });
    const named = { type: 'function', function: { name: 'f' } };
    expect(written({ tools, toolChoice: { tool: 'f' } })).toMatchObject({ tool_choice: named });
    expect(written({ toolChoice: 'none' })).not.toHaveProperty('tool_choice');
  });

  it('can ask for one tool call at a time', () => {
    const demands: Demand[] = [{ kind: 'single-tool-call', param: 'parallel_tool_calls' }];
    expect(written({ tools: [TOOL], demands })).toMatchObject({ parallel_tool_calls: false });
  });

  it('has what was said of sampling and nothing else', () => {
    const sampling = {
      temperature: 0,
      topP: 0.5,
      topK: 40,
      minP: 0.1,
      seed: 7,
      presencePenalty: 1,
      frequencyPenalty: -1,
      repeatPenalty: 1.1,
      stop: ['END'],
    };
    expect(written({ sampling })).toMatchObject({
      temperature: 0,
      top_p: 0.5,
      top_k: 40,
      min_p: 0.1,
      seed: 7,
      presence_penalty: 1,
      frequency_penalty: -1,
      repetition_penalty: 1.1,
      stop: ['END'],
    });
  });

  it.each([
    [true, 'medium'],
    [false, 'none'],
    ['low', 'low'],
    ['medium', 'medium'],
    ['high', 'high'],
    ['max', 'high'],
  ] as const)('has thinking %s as the effort %s', (thinking, effort) => {
    expect(written({ thinking })).toMatchObject({ reasoning_effort: effort });
  });

  it('has the form of the answer', () => {
    const schema = { type: 'object' };
    expect(written({ format: { type: 'json' } })).toMatchObject({ response_format: { type: 'json_object' } });
    expect(written({ format: { type: 'schema', schema } })).toMatchObject({
      response_format: { type: 'json_schema', json_schema: { name: expect.any(String), schema } },
    });
  });

  it('read again is what was written', () => {
    const text = fc.string({ unit: 'binary' }).map((value) => value.toWellFormed());
    const args = fc.dictionary(
      text.filter((key) => key !== '__proto__'),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const call = fc.record({ id: text, name: fc.string({ minLength: 1 }), arguments: args });
    const message: fc.Arbitrary<Message> = fc.oneof(
      fc.record({ role: fc.constant('system'), text } as const),
      fc.record({ role: fc.constant('user'), text, images: fc.constant<Image[]>([]) } as const),
      fc.record({ role: fc.constant('tool'), text, toolCallId: text } as const),
      fc.record(
        { role: fc.constant('assistant'), text, thinking: text, toolCalls: fc.array(call) } as const,
        { requiredKeys: ['role', 'text', 'toolCalls'] },
      ),
    );
    fc.assert(
      fc.property(fc.array(message, { minLength: 1 }), (messages) => {
        const again = readPrompt(JSON.parse(JSON.stringify(written({ messages }))));
        expect(again.messages).toEqual(JSON.parse(JSON.stringify(messages)));
      }),
    );
  });
});

describe('what a translated request cannot say is refused by name', () => {
  it.each<[Demand['kind'], string]>([
    ['choices', 'n'],
    ['logit-bias', 'logit_bias'],
    ['logprobs', 'logprobs'],
    ['audio', 'modalities'],
    ['file', 'messages[0].content[1]'],
    ['keep-alive', 'keep_alive'],
    ['context-shift', 'shift'],
    ['functions', 'functions'],
    ['web-search', 'web_search_options'],
    ['native-option', 'options.mirostat'],
  ])('%s', (kind, param) => {
    const demands: Demand[] = [
      { kind: 'single-tool-call', param: 'x' },
      { kind, param },
    ];
    expect(thrownBy(() => written({ demands }))).toMatchObject({ failure: 'unsupported_parameter', param });
  });

  it.each<[string, Image]>([
    ['an image by its address', { type: 'url', url: 'http://169.254.169.254/', param: 'p' }],
    ['an image of another type', { type: 'base64', data: 'AAAA', param: 'p' }],
  ])('%s', (_, image) => {
    const messages: Message[] = [{ role: 'user', text: '', images: [image] }];
    expect(thrownBy(() => written({ messages }))).toMatchObject({
      failure: 'unsupported_parameter',
      param: 'p',
    });
  });
});

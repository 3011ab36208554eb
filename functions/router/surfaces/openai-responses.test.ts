import { describe, expect, it } from 'vitest';
import { GatewayError } from '#shared/errors.ts';
import { aMeasuring } from '#shared/fixtures/measuring.ts';
import { replayResponse, responseEventsOf } from '#shared/fixtures/response-stream.ts';
import { thrownBy } from '#shared/fixtures/streams.ts';
import { readJsonDocument } from '#shared/protocol/json-document.ts';
import { openaiResponses } from './openai-responses.ts';

const readCall = (fields: object) => {
  const body = { model: 'm', input: 'Hi', ...fields };
  return openaiResponses.readCall(readJsonDocument(Buffer.from(JSON.stringify(body)), 64));
};
const identity = { id: 'ab', createdAtSeconds: 100, model: 'ours' };

describe('a call for a response', () => {
  it('is no stream, and always translated', () => {
    const call = readCall({});
    expect(call).toMatchObject({ model: 'm', stream: false, choices: 1 });
    expect(call).not.toHaveProperty('outputCap');
    expect(call.native).toBeUndefined();
  });

  it('asks for as much output as it says, for the user that it names', () => {
    expect(readCall({ stream: true, max_output_tokens: 7, user: 'Ann' })).toMatchObject({
      stream: true,
      outputCap: 7,
      endUser: 'Ann',
    });
    expect(readCall({ safety_identifier: 'hash' }).endUser).toBe('hash');
  });

  it('tells the size of all that the model reads', () => {
    const call = readCall({ instructions: '你', input: [{ role: 'user', content: 'Hi' }] });
    expect(call.size()).toMatchObject({ bytes: 5, latin: 2, cjk: 1, messages: 2 });
  });

  it('is a turn of the conversation that began in the same way', () => {
    const first = readCall({ input: 'Hi' });
    const next = readCall({
      input: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello' },
        { role: 'user', content: 'And?' },
      ],
    });
    expect(next.conversation!()).toEqual({ ...first.conversation!(), isContinued: true });
  });

  it('is answered whole or streamed, and repeats what it was asked', () => {
    const fields = { instructions: 'Be kind.', tools: [{ type: 'function', name: 'f' }], temperature: 1 };
    const answered = (stream: boolean) => {
      const writer = readCall({ ...fields, stream }).writer(identity, aMeasuring());
      return writer.piece({ type: 'text', text: 'Hi' }) + writer.ending('stop', { prompt: 1, output: 1 }, {});
    };
    const body = JSON.parse(answered(false));
    expect(body).toMatchObject({
      ...fields,
      tools: [{ type: 'function', name: 'f', description: null, parameters: null, strict: null }],
      created_at: 100,
      completed_at: 100,
      text: { format: { type: 'text' } },
      tool_choice: 'auto',
      store: false,
    });
    expect(replayResponse(responseEventsOf(answered(true)))).toEqual(body);
  });

  it('says when it was complete', () => {
    let now = 5_000;
    const writer = readCall({}).writer(identity, { ...aMeasuring(), now: () => now });
    now += 2_999;
    expect(JSON.parse(writer.ending('stop', { prompt: 1, output: 0 }, {})).completed_at).toBe(102);
  });
});

describe('a service without a memory', () => {
  it.each([
    { store: true },
    { store: false },
    { background: false },
    { context_management: [] },
    { previous_response_id: null, conversation: null, prompt: null },
    { include: ['reasoning.encrypted_content', 'file_search_call.results'] },
    { max_tool_calls: 3, service_tier: 'auto', prompt_cache_key: 'k', text: { verbosity: 'low' } },
  ])('takes %j, which changes nothing', (fields) => {
    expect(readCall(fields).task.read()).toEqual(readCall({}).task.read());
  });

  it.each([
    [{ previous_response_id: 'resp_1' }, 'previous_response_id'],
    [{ conversation: 'conv_1' }, 'conversation'],
    [{ prompt: { id: 'p' } }, 'prompt'],
    [{ background: true }, 'background'],
    [{ context_management: [{ type: 'compaction' }] }, 'context_management'],
    [{ moderation: { type: 'auto' } }, 'moderation'],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, 'input[0]'],
    [{ input: [{ id: 'msg_1' }] }, 'input[0]'],
  ])('refuses %j, and says why', (fields, param) => {
    const error = thrownBy(() => readCall(fields));
    expect(error).toMatchObject({ failure: 'unsupported_parameter', param });
    expect((error as Error).message).toMatch(/stored here|compacted|moderated/);
  });
});

describe('a failure', () => {
  const error = new GatewayError('upstream_error', 'It failed: "你".');

  it('inside a stream is one event in both of the forms that SDKs read', () => {
    expect(responseEventsOf(openaiResponses.failedStream(error, 'req_1'))).toEqual([
      {
        type: 'error',
        sequence_number: expect.any(Number),
        code: 'upstream_error',
        message: 'It failed: "你".',
        param: null,
        error: { message: 'It failed: "你".', type: 'server_error', param: null, code: 'upstream_error' },
      },
    ]);
  });

  it.each([
    ['messages', 'input'],
    ['reasoning_effort', 'reasoning.effort'],
    ['tools', 'tools'],
  ])('about %s of a chat is about %s here', (chats, ours) => {
    const about = new GatewayError('unsupported_parameter', 'No.', { param: chats });
    expect(openaiResponses.errorBody(about, 'req_1')).toMatchObject({ error: { param: ours } });
  });
});

import { describe, expect, it } from 'vitest';
import { aMeasuring } from '#shared/fixtures/measuring.ts';
import { thrownBy } from '#shared/fixtures/streams.ts';
import { MessageEvents } from '#shared/protocol/anthropic/message-events.ts';
import { MessageObject } from '#shared/protocol/anthropic/message-object.ts';
import { readJsonDocument } from '#shared/protocol/json-document.ts';
import { anthropicMessages } from './anthropic-messages.ts';
import { surfaceAt } from './surfaces.ts';

const readCall = (fields: object) => {
  const body = { model: 'm', max_tokens: 5, messages: [{ role: 'user', content: 'Hi' }], ...fields };
  return anthropicMessages.readCall(readJsonDocument(Buffer.from(JSON.stringify(body)), 64));
};
const identity = { id: '7f', createdAtSeconds: 0, model: 'm' };

describe('a messages call', () => {
  it('is no stream unless it says so, and of one choice', () => {
    expect(readCall({})).toMatchObject({ model: 'm', stream: false, choices: 1, outputCap: 5 });
    expect(readCall({ stream: true })).toMatchObject({ stream: true });
  });

  it.each([
    ['max_tokens', { max_tokens: null }],
    ['model', { model: '' }],
    ['messages', { messages: [] }],
    ['stream', { stream: 'true' }],
    ['thinking.display', { thinking: { type: 'enabled', display: 'loud' } }],
  ])('is refused before anything else when its %s is wrong', (param, fields) => {
    expect(thrownBy(() => readCall(fields))).toMatchObject({ failure: 'invalid_request', param });
  });

  it('is for the end user that its metadata names, if it is a name', () => {
    expect(readCall({ metadata: { user_id: 'Ann' } }).endUser).toBe('Ann');
    expect(readCall({ metadata: { user_id: 5 } })).not.toHaveProperty('endUser');
    expect(readCall({ metadata: 5 })).not.toHaveProperty('endUser');
    expect(readCall({})).not.toHaveProperty('endUser');
  });

  it('tells the size of its prompt, system and all, and is read once for all who ask', () => {
    const call = readCall({ system: 'Be' });
    expect(call.size()).toMatchObject({ bytes: 4, latin: 4, messages: 2 });
    expect(call.task.read()).toBe(call.task.read());
  });

  it('that cannot be read has no size either', () => {
    expect(thrownBy(() => readCall({ temperature: 'hot' }).size())).toMatchObject({ param: 'temperature' });
  });

  it('is answered by events or by one message', () => {
    expect(readCall({ stream: true }).writer(identity, aMeasuring())).toBeInstanceOf(MessageEvents);
    expect(readCall({}).writer(identity, aMeasuring())).toBeInstanceOf(MessageObject);
  });

  it('is known again by its system prompt and its first messages', () => {
    expect(readCall({}).conversation?.()).toEqual(readCall({ temperature: 1 }).conversation?.());
    expect(readCall({}).conversation?.()).not.toEqual(readCall({ system: 'Be kind.' }).conversation?.());
  });
});

it('all paths below are answered in its words, and none beside', () => {
  for (const path of ['/v1/messages', '/v1/messages/count_tokens', '/v1/messages/batches/x'])
    expect(surfaceAt(path)).toBe(anthropicMessages);
  for (const path of ['/v1/messagesx', '/v1/models', '/v1/chat/completions'])
    expect(surfaceAt(path)).not.toBe(anthropicMessages);
});

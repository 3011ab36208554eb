import { describe, expect, it } from 'vitest';
import { aMeasuring } from '#shared/fixtures/measuring.ts';
import { thrownBy } from '#shared/fixtures/streams.ts';
import { readJsonDocument } from '#shared/protocol/json-document.ts';
import { PassedStream } from '#shared/protocol/openai/pass-stream.ts';
import { PassedWhole } from '#shared/protocol/openai/pass-whole.ts';
import { openaiChat } from './openai-chat.ts';

const readCall = (fields: object) => {
  const body = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...fields };
  return openaiChat.readCall(readJsonDocument(Buffer.from(JSON.stringify(body)), 64));
};

describe('a chat call', () => {
  it('is no stream and of one choice unless it says so', () => {
    const plain = { model: 'm', stream: false, choices: 1 };
    expect(readCall({})).toMatchObject(plain);
    expect(readCall({ stream: null, stream_options: null, n: null })).toMatchObject(plain);
    expect(readCall({ stream: true, n: 2 })).toMatchObject({ stream: true, choices: 2 });
  });

  it('is read in full only for an upstream that needs it: what we do not know may pass', () => {
    const call = readCall({ messages: [{ role: 'wizard', content: 5 }], temperature: 'hot' });
    expect(thrownBy(() => call.task.read())).toMatchObject({ param: 'messages[0].role' });
  });

  it('takes no field from a key named __proto__', () => {
    const text =
      '{"model":"m","messages":[{"role":"user","content":"Hi"}],"__proto__":{"stream":true,"n":9}}';
    const call = openaiChat.readCall(readJsonDocument(Buffer.from(text), 64));
    expect(call).toMatchObject({ stream: false, choices: 1 });
  });

  it('asks for as much output as the lower of its two caps, or for none in particular', () => {
    expect(readCall({ max_tokens: 7, max_completion_tokens: 5 }).outputCap).toBe(5);
    expect(readCall({ max_tokens: 5, max_completion_tokens: 7 }).outputCap).toBe(5);
    expect(readCall({ max_tokens: 5, max_completion_tokens: null }).outputCap).toBe(5);
    expect(readCall({ max_tokens: null })).not.toHaveProperty('outputCap');
  });

  it.each([
    ['Ann', 'Ann'],
    ['', undefined],
    ['\0', undefined],
    [null, undefined],
    [5, undefined],
    ['a\0b\ud800', 'ab\ufffd'],
    ['安'.repeat(200), '安'.repeat(128)],
    [`${'a'.repeat(127)}🌍`, `${'a'.repeat(127)}\ufffd`],
  ])('is for an end user, as far as a database can take the name: %j', (user, endUser) => {
    expect(readCall({ user }).endUser).toBe(endUser);
  });

  it('tells the size of its prompt', () => {
    expect(readCall({}).size()).toMatchObject({ bytes: 2, latin: 2, messages: 1 });
  });

  it('passes as a stream or whole', () => {
    expect(readCall({ stream: true }).native?.pass(aMeasuring())).toBeInstanceOf(PassedStream);
    expect(readCall({}).native?.pass(aMeasuring())).toBeInstanceOf(PassedWhole);
  });
});

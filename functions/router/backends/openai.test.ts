import { describe, expect, it } from 'vitest';
import { anUpstream, aRoute } from '#shared/fixtures/routes.ts';
import { thrownBy } from '#shared/fixtures/streams.ts';
import { readJsonDocument } from '#shared/protocol/json-document.ts';
import { openaiChat } from '../surfaces/openai-chat.ts';
import { openai } from './openai.ts';

const route = (credential?: string) =>
  aRoute({
    upstream: anUpstream({
      backend: 'openai',
      address: 'https://host/v1',
      ...(credential && { credential }),
    }),
    model: 'theirs',
  });
/** The request that goes upstream for the text of a body. */
function forwarded(text: string, { cap = 100, credential }: { cap?: number; credential?: string } = {}) {
  const call = openaiChat.readCall(readJsonDocument(Buffer.from(text), 64));
  return openai.request(call, route(credential), cap);
}
const sent = (text: string, cap?: number) =>
  forwarded(text, cap === undefined ? {} : { cap }).body.toString();
const MESSAGES = '"messages":[{"role":"user","content":"\\u4f60好 🌍"}]';

describe('a request that passes', () => {
  it('keeps every byte but the name of the model', () => {
    const text = `{ "x_new": {"model":"no"}, "temperature":1.0,\n "model" :"ours", ${MESSAGES}, "max_tokens": 100, "n":1 }`;
    expect(sent(text)).toBe(text.replace(' :"ours"', ' :"theirs"').replace(/ }$/, ' }'));
  });

  it('asks for usage when it streams, and keeps the other stream options', () => {
    const text = `{"model":"ours",${MESSAGES},"stream":true,"stream_options":{"x":1,"include_usage":false}}`;
    expect(JSON.parse(sent(text)).stream_options).toEqual({ x: 1, include_usage: true });
    expect(sent(`{"model":"ours",${MESSAGES},"stream":true}`)).toContain(
      ',"stream_options":{"include_usage":true}',
    );
    expect(sent(`{"model":"ours",${MESSAGES},"stream":true,"stream_options":null}`)).toContain(
      '"stream_options":{"include_usage":true}',
    );
    expect(sent(`{"model":"ours",${MESSAGES}}`)).not.toContain('stream_options');
  });

  it.each([
    ['nothing', {}, { max_tokens: 100 }],
    [
      'null',
      { max_tokens: null, max_completion_tokens: null },
      { max_tokens: 100, max_completion_tokens: null },
    ],
    ['less', { max_tokens: 5 }, { max_tokens: 5 }],
    ['more', { max_tokens: 101 }, { max_tokens: 100 }],
    ['more by its new name', { max_completion_tokens: 101 }, { max_completion_tokens: 100 }],
    [
      'little by one name and much by the other',
      { max_completion_tokens: 5, max_tokens: 9_000 },
      { max_completion_tokens: 5, max_tokens: 100 },
    ],
  ])('is capped by what was granted where the caller asks for %s', (_, fields, expected) => {
    const { max_tokens, max_completion_tokens } = JSON.parse(
      sent(JSON.stringify({ model: 'ours', messages: [{ role: 'user' }], ...fields }), 100),
    );
    expect({ max_tokens, max_completion_tokens }).toEqual({
      max_tokens: undefined,
      max_completion_tokens: undefined,
      ...expected,
    });
  });

  it.each([
    '"Model":"dear"',
    '"model":"dear"',
    '"mod\\u0065l":"dear"',
    '"N":9',
    '"n":1,"n":9',
    '"max_tokens":1,"MAX_TOKENS":9',
    '"\\u017ftream":true',
    '"Messages":[]',
    '"Tools":[]',
    '"tools":[],"tools":[]',
  ])('is refused where an upstream could read it otherwise than we: %s', (twin) => {
    expect(thrownBy(() => sent(`{"model":"ours",${MESSAGES},${twin}}`))).toMatchObject({
      failure: 'invalid_request',
    });
  });

  it('goes to the address of the upstream, with its credential and nothing of the caller’s', () => {
    const text = `{"model":"ours",${MESSAGES},"stream":true}`;
    const { url, headers } = forwarded(text, { credential: 'secret' });
    expect(url.href).toBe('https://host/v1/chat/completions');
    expect(headers).toEqual({ accept: 'text/event-stream', authorization: 'Bearer secret' });
    expect(forwarded(`{"model":"ours",${MESSAGES}}`).headers).toEqual({ accept: 'application/json' });
  });
});

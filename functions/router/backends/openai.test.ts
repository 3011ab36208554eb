import { describe, expect, it } from 'vitest';
import type { Upstream } from '#shared/catalog/catalog.ts';
import { anUpstream, aRoute } from '#shared/fixtures/routes.ts';
import { thrownBy } from '#shared/fixtures/streams.ts';
import type { Call } from '#shared/protocol/call.ts';
import { readJsonDocument } from '#shared/protocol/json-document.ts';
import type { GeneratePrompt, Task } from '#shared/protocol/task.ts';
import { openaiChat } from '../surfaces/openai-chat.ts';
import { openai } from './openai.ts';

interface Setup {
  cap?: number;
  upstream?: Partial<Upstream>;
}

const route = (upstream: Partial<Upstream> = {}) =>
  aRoute({
    upstream: anUpstream({ backend: 'openai', address: 'https://host/v1', ...upstream }),
    model: 'theirs',
  });
/** The request that goes upstream for the text of a body. */
function forwarded(text: string, { cap = 100, upstream = {} }: Setup = {}) {
  const call = openaiChat.readCall(readJsonDocument(Buffer.from(text), 64));
  return openai.request(call, route(upstream), cap);
}
const sent = (text: string, upstream: Partial<Upstream> = {}) =>
  forwarded(text, { upstream }).body.toString();
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
    ['nothing', {}, 100],
    ['null', { max_tokens: null, max_completion_tokens: null }, 100],
    ['less', { max_tokens: 5 }, 5],
    ['more', { max_tokens: 101 }, 100],
    ['less by its new name', { max_completion_tokens: 5 }, 5],
    ['more by its new name', { max_completion_tokens: 101 }, 100],
    ['little by one name and much by the other', { max_completion_tokens: 5, max_tokens: 9_000 }, 5],
  ])(
    'is capped by what was granted, by the one name that the upstream knows, where the caller asks for %s',
    (_, fields, cap) => {
      const text = JSON.stringify({ model: 'ours', messages: [{ role: 'user' }], ...fields });
      for (const outputCapField of ['max_tokens', 'max_completion_tokens'] as const) {
        const { model, messages, ...caps } = JSON.parse(sent(text, { outputCapField }));
        expect(caps).toEqual({ [outputCapField]: cap });
      }
    },
  );

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

  it('goes to the address of the upstream, with its credential and nothing of the caller’s', async () => {
    const text = `{"model":"ours",${MESSAGES},"stream":true}`;
    const credential = { kind: 'bearer', token: 'secret' } as const;
    const { url, headers } = forwarded(text, { upstream: { credential } });
    expect(url.href).toBe('https://host/v1/chat/completions');
    expect(await headers()).toEqual({ accept: 'text/event-stream', authorization: 'Bearer secret' });
    const whole = forwarded(`{"model":"ours",${MESSAGES}}`);
    expect(await whole.headers()).toEqual({ accept: 'application/json' });
  });

  it('has its headers by the rules of the upstream', async () => {
    const headers = { rename: { authorization: 'x-key' }, remove: ['accept'], set: { 'user-agent': 'us' } };
    const upstream = { credential: { kind: 'bearer', token: 'secret' } as const, headers };
    const text = `{"model":"ours",${MESSAGES}}`;
    expect(await forwarded(text, { upstream }).headers()).toEqual({
      'x-key': 'Bearer secret',
      'user-agent': 'us',
    });
  });
});

/** A call in no words of OpenAI's. */
function translated(task: Task, stream = true): Call {
  const document = readJsonDocument(Buffer.from(`{"model":"ours",${MESSAGES}}`), 64);
  const { native: _native, ...call } = openaiChat.readCall(document);
  return { ...call, stream, task };
}
const aText = (rest: Partial<GeneratePrompt> = {}): Task => ({
  kind: 'generate',
  read: () => ({ text: 'Once', images: [], raw: false, sampling: {}, demands: [], ...rest }),
});
const someTexts: Task = {
  kind: 'embed',
  read: () => ({ texts: ['a', 'b'], truncate: true, demands: [] }),
};

describe('a request that is translated', () => {
  it.each<[string, Task, string, string, object]>([
    [
      'a text',
      aText(),
      '/chat/completions',
      'text/event-stream',
      { messages: [{ role: 'user', content: 'Once' }] },
    ],
    [
      'a raw text',
      aText({ raw: true }),
      '/completions',
      'text/event-stream',
      { prompt: 'Once', max_tokens: 100 },
    ],
    ['a gap in a text', aText({ suffix: 'end' }), '/completions', 'text/event-stream', { suffix: 'end' }],
    ['texts to embed', someTexts, '/embeddings', 'application/json', { input: ['a', 'b'] }],
  ])('of %s goes where it belongs', async (_, task, path, accept, fields) => {
    for (const stream of [true, false]) {
      const { url, headers, body } = openai.request(translated(task, stream), route(), 100);
      expect(url.href).toBe(`https://host/v1${path}`);
      expect(await headers()).toEqual({ accept });
      expect(JSON.parse(body.toString())).toMatchObject({ model: 'theirs', ...fields });
    }
  });

  it.each<[string, Task, object, object]>([
    ['a chat', aText(), { message: { content: 'Hi' } }, { type: 'text', text: 'Hi' }],
    ['a plain completion', aText({ raw: true }), { text: 'Hi' }, { type: 'text', text: 'Hi' }],
  ])('has the answer of %s read as such', (_, task, choice, piece) => {
    const reader = openai.reader(translated(task), '7f');
    const body = JSON.stringify({ choices: [{ ...choice, finish_reason: 'stop' }] });
    expect([...reader.read(Buffer.from(body)), ...reader.end()]).toEqual([
      piece,
      { type: 'finish', reason: 'stop' },
    ]);
  });

  it('has a vector for each text', () => {
    const reader = openai.reader(translated(someTexts), '7f');
    reader.read(Buffer.from('{"data":[{"embedding":[1]},{"embedding":[2]}]}'));
    expect(reader.end().map(({ type }) => type)).toEqual(['embedding', 'embedding', 'finish']);
  });
});

import { describe, expect, it } from 'vitest';
import { aMeasuring } from '#shared/fixtures/measuring.ts';
import { anUpstream, aRoute } from '#shared/fixtures/routes.ts';
import { thrownBy } from '#shared/fixtures/streams.ts';
import { readJsonDocument } from '#shared/protocol/json-document.ts';
import { passageOf } from '../passage-of.ts';
import { ollamaEmbed } from '../surfaces/ollama-embed.ts';
import { ollamaGenerate } from '../surfaces/ollama-generate.ts';
import { openaiChat } from '../surfaces/openai-chat.ts';
import type { Surface } from '../surfaces/surface.ts';
import { ollama } from './ollama.ts';

function forwarded(fields: object = {}, route = aRoute(), outputCap = 100) {
  const body = { model: 'ours', messages: [{ role: 'user', content: 'Hi' }], ...fields };
  const call = openaiChat.readCall(readJsonDocument(Buffer.from(JSON.stringify(body)), 64));
  const request = ollama.request(call, route, outputCap);
  return { ...request, body: JSON.parse(request.body.toString()) };
}

describe('a request to Ollama', () => {
  it('goes to its native API, always as a stream, by the name that it knows', async () => {
    const { url, headers, body } = forwarded({ stream: false });
    expect(url.href).toBe('http://127.0.0.1:11434/api/chat');
    expect(await headers()).toEqual({ accept: 'application/x-ndjson' });
    expect(body).toMatchObject({ model: 'theirs:8b', stream: true, truncate: false, shift: false });
  });

  it.each([{}, { max_tokens: 5 }, { max_tokens: 101 }])(
    'with %j has the output cap that was granted',
    (fields) => {
      expect(forwarded(fields).body.options).toEqual({ num_predict: 100 });
    },
  );

  it('has context and keep-alive from the catalog', () => {
    const { body } = forwarded({}, aRoute({ contextSteps: [4096, 8192], keepAlive: '10m' }));
    expect(body).toMatchObject({ options: { num_ctx: 4096 }, keep_alive: '10m' });
  });

  it('shows a credential only where the upstream has one', async () => {
    const upstream = anUpstream({ credential: { kind: 'bearer', token: 'secret' } });
    const { headers } = forwarded({}, aRoute({ upstream }));
    expect(await headers()).toMatchObject({ authorization: 'Bearer secret' });
  });

  it('for a model in the vendor’s cloud is never made', () => {
    expect(thrownBy(() => forwarded({}, aRoute({ model: 'gpt-oss:120b-cloud' })))).toMatchObject({
      failure: 'model_not_found',
      param: 'model',
    });
  });
});

describe('what is no chat', () => {
  const called = (surface: Surface, fields: object) =>
    surface.readCall(readJsonDocument(Buffer.from(JSON.stringify({ model: 'ours', ...fields })), 64));
  const asked = async (call: ReturnType<typeof called>) => {
    const { url, headers, body } = ollama.request(call, aRoute({ contextSteps: [2048] }), 9);
    const { accept } = await headers();
    return { path: url.pathname, accept, body: JSON.parse(body.toString()) };
  };

  it('goes to the path that is for it', async () => {
    expect(await asked(called(ollamaGenerate, { prompt: 'Once' }))).toMatchObject({
      path: '/api/generate',
      accept: 'application/x-ndjson',
      body: { model: 'theirs:8b', prompt: 'Once', stream: true, options: { num_predict: 9, num_ctx: 2048 } },
    });
    expect(await asked(called(ollamaEmbed, { input: 'Once' }))).toEqual({
      path: '/api/embed',
      accept: 'application/json',
      body: { model: 'theirs:8b', input: ['Once'], truncate: true, options: { num_ctx: 2048 } },
    });
  });

  it('is read as what it is', () => {
    const line = '{"response":"Hi","thinking":"Hm","done":false}\n';
    const generating = ollama.reader(called(ollamaGenerate, { prompt: 'Once' }), '1');
    expect(generating.read(Buffer.from(line))).toEqual([
      { type: 'thinking', text: 'Hm' },
      { type: 'text', text: 'Hi' },
    ]);
    const embedding = ollama.reader(called(ollamaEmbed, { input: ['a', 'b'] }), '1');
    expect(embedding.read(Buffer.from('{"embeddings":[[1],[2]]}'))).toEqual([]);
    expect(embedding.end()).toHaveLength(4);
  });
});

it('the answer of Ollama is read with ids of the call', () => {
  const line = '{"message":{"tool_calls":[{"function":{"name":"f","arguments":{}}}]},"done":false}\n';
  const document = readJsonDocument(
    Buffer.from('{"model":"m","stream":true,"messages":[{"role":"user"}]}'),
    64,
  );
  const identity = { id: 'ab', createdAtSeconds: 0, model: 'm' };
  const call = openaiChat.readCall(document);
  const passage = passageOf(call, aRoute().upstream, identity, aMeasuring());
  expect(passage.read(Buffer.from(line))).toContain('"id":"call_ab_0"');
});

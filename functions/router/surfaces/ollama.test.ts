import { describe, expect, it } from 'vitest';
import { thrownBy } from '#shared/fixtures/streams.ts';
import { readJsonDocument } from '#shared/protocol/json-document.ts';
import { ollamaChat } from './ollama-chat.ts';
import { ollamaEmbed, ollamaEmbeddings } from './ollama-embed.ts';
import { ollamaGenerate } from './ollama-generate.ts';
import type { Surface } from './surface.ts';
import { surfaceAt } from './surfaces.ts';

const readCall = (surface: Surface, fields: object) =>
  surface.readCall(readJsonDocument(Buffer.from(JSON.stringify({ model: 'm', ...fields })), 64));
const messages = [{ role: 'user', content: 'Hello' }];

describe("a call in Ollama's protocol", () => {
  it.each([
    [ollamaChat, { messages }],
    [ollamaGenerate, { prompt: 'Hello' }],
  ])('is a stream unless it says otherwise, of as much output as it says', (surface, fields) => {
    expect(readCall(surface, fields)).toMatchObject({ stream: true, choices: 1 });
    expect(readCall(surface, { ...fields, stream: null })).toMatchObject({ stream: true });
    expect(readCall(surface, { ...fields, stream: false })).toMatchObject({ stream: false });
    expect(readCall(surface, fields)).not.toHaveProperty('outputCap');
    expect(readCall(surface, { ...fields, options: { num_predict: -1 } })).not.toHaveProperty('outputCap');
    expect(readCall(surface, { ...fields, options: { num_predict: 7 } }).outputCap).toBe(7);
  });

  it('for vectors makes no output, and is no stream', () => {
    for (const call of [readCall(ollamaEmbed, { input: 'a' }), readCall(ollamaEmbeddings, { prompt: 'a' })])
      expect(call).toMatchObject({ outputCap: 0, stream: false });
  });

  it.each([
    [ollamaChat, { messages: [] }, { done_reason: 'load' }],
    [ollamaChat, {}, { message: { content: '' } }],
    [ollamaGenerate, { prompt: null, keep_alive: '10m' }, { done_reason: 'load', response: '' }],
    [ollamaEmbed, { input: '' }, { embeddings: [] }],
    [ollamaEmbeddings, {}, { embedding: [] }],
  ])('that asks nothing of a model is answered: %#', (surface, fields, answered) => {
    expect(readCall(surface, fields).answered).toMatchObject(answered);
  });

  it.each([
    [ollamaChat, { messages }],
    [ollamaGenerate, { prompt: ' ' }],
    [ollamaEmbed, { input: [''] }],
    [ollamaEmbeddings, { prompt: ' ' }],
  ])('that asks something is not: %#', (surface, fields) => {
    expect(readCall(surface, fields)).not.toHaveProperty('answered');
  });

  it.each([0, -0, '0', '0s', '0.0h', '-0m'])('that would put a model away is refused: %j', (keep_alive) => {
    for (const surface of [ollamaChat, ollamaGenerate])
      expect(thrownBy(() => readCall(surface, { keep_alive }))).toMatchObject({ param: 'keep_alive' });
    expect(readCall(ollamaChat, { messages, keep_alive })).not.toHaveProperty('answered');
  });

  it('tells the size of all that a model reads', () => {
    const one = { bytes: 5, latin: 5, messages: 1 };
    expect(readCall(ollamaChat, { messages }).size()).toMatchObject(one);
    expect(readCall(ollamaGenerate, { prompt: 'Hello' }).size()).toMatchObject(one);
    const rest = { suffix: '世', system: 'Go', images: ['AAAA'], format: {} };
    expect(readCall(ollamaGenerate, { prompt: 'Hello', ...rest }).size()).toMatchObject({
      bytes: 12 + 16 + 64, // 5 + 3 + 2 and {}, and what is around the system's words and the image
      latin: 7,
      cjk: 1,
      messages: 1, // of a text, each is a prompt that may be as long as the context
      images: 1,
    });
    expect(readCall(ollamaEmbed, { input: ['Hello', '世'] }).size()).toMatchObject({ bytes: 8, messages: 2 });
    expect(readCall(ollamaEmbeddings, { prompt: 'Hello' }).size()).toMatchObject(one);
  });
});

it.each(['/api', '/api/', '/api/tags', '/api/no/such', '/api/chat'])(
  'all that fails at %s is told in one string',
  (path) => {
    expect(surfaceAt(path).errorBody).toBe(ollamaChat.errorBody);
  },
);

it.each(['/', '/apis', '/v1/api/chat'])('what fails at %s is not', (path) => {
  expect(surfaceAt(path).errorBody).not.toBe(ollamaChat.errorBody);
});

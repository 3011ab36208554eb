import { describe, expect, it } from 'vitest';
import { aMeasuring } from '#shared/fixtures/measuring.ts';
import { thrownBy } from '#shared/fixtures/streams.ts';
import { readJsonDocument } from '#shared/protocol/json-document.ts';
import { openaiEmbeddings } from './openai-embeddings.ts';

const callOf = (text: string) => openaiEmbeddings.readCall(readJsonDocument(Buffer.from(text), 64));
const readCall = (fields: object) => callOf(JSON.stringify({ model: 'm', input: 'Hi', ...fields }));

describe('a call for embeddings', () => {
  it('generates nothing and never streams', () => {
    expect(readCall({ stream: true, user: 'Ann' })).toMatchObject({
      model: 'm',
      stream: false,
      choices: 1,
      outputCap: 0,
      endUser: 'Ann',
    });
  });

  it.each([
    ['Hi', ['Hi']],
    [
      ['Hi', '你'],
      ['Hi', '你'],
    ],
  ])('embeds %j, and cuts none of it', (input, texts) => {
    const fields = { input, dimensions: 8, encoding_format: null };
    expect(readCall(fields).task.read()).toEqual({ texts, dimensions: 8, truncate: false, demands: [] });
  });

  it.each([
    [{ input: undefined }, 'input'],
    [{ input: '' }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: ['a', ''] }, 'input[1]'],
    [{ input: ['a', 5] }, 'input[1]'],
    [{ input: Array(2049).fill('a') }, 'input'],
    [{ encoding_format: 'int8' }, 'encoding_format'],
    [{ dimensions: 0 }, 'dimensions'],
  ])('is refused for %j', (fields, param) => {
    expect(thrownBy(() => readCall(fields))).toMatchObject({ failure: 'invalid_request', param });
  });

  it('may be of 2,048 texts', () => {
    expect(readCall({ input: Array(2048).fill('a') }).size()).toMatchObject({ bytes: 2048, messages: 2048 });
  });

  it('of tokens is refused where it has to be translated', () => {
    const call = readCall({ input: [5, 6] });
    expect(thrownBy(() => call.task.read())).toMatchObject({
      failure: 'unsupported_parameter',
      param: 'input',
    });
    expect(call.size()).toMatchObject({ bytes: 2 });
  });

  it('tells what not every model can', () => {
    expect(readCall({ truncate: true }).task.read()).toMatchObject({
      demands: [{ kind: 'context-shift', param: 'truncate' }],
    });
  });

  it('counts what an upstream might read beside the texts', () => {
    expect(readCall({ instruction: 'Find:' }).size().bytes).toBeGreaterThan(2 + 5);
    expect(readCall({ encoding_format: 'base64', user: 'Ann', dimensions: 5 }).size().bytes).toBe(2);
  });
});

describe('a call for embeddings that passes', () => {
  const target = { model: 'theirs', outputCap: 0, outputCapField: 'max_tokens' } as const;

  it('keeps every byte but the name of the model', () => {
    const text = '{ "x":1.0, "model" :"ours", "input":["\\u4f60", "好"],"encoding_format":"base64" }';
    expect(callOf(text).native!.body(target).toString()).toBe(text.replace(' :"ours"', ' :"theirs"'));
  });

  it('is refused where an upstream could read it otherwise than we', () => {
    const call = callOf('{"model":"m","input":"a","Input":["b"]}');
    expect(thrownBy(() => call.native!.body(target))).toMatchObject({ param: 'input' });
  });

  it('gives back what the upstream sends', () => {
    const passage = readCall({}).native!.pass(aMeasuring());
    passage.read(Buffer.from('{"data":[]}'));
    passage.end();
    expect(passage.ending).toMatchObject({ kind: 'finished' });
  });
});

it('an answer is in base64 only where it was asked for', () => {
  const identity = { id: 'ab', createdAtSeconds: 0, model: 'm' };
  const vectorIn = (encoding_format?: string) => {
    const writer = readCall({ encoding_format }).writer(identity, aMeasuring());
    writer.embedding!({ type: 'embedding', index: 0, vector: [1] });
    return JSON.parse(writer.ending('stop', { prompt: 1, output: 0 }, {})).data[0].embedding;
  };
  expect([vectorIn(), vectorIn('float'), vectorIn('base64')]).toEqual([[1], [1], 'AACAPw==']);
});

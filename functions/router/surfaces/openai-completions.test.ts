import { describe, expect, it } from 'vitest';
import { GatewayError } from '#shared/errors.ts';
import { aMeasuring } from '#shared/fixtures/measuring.ts';
import { thrownBy } from '#shared/fixtures/streams.ts';
import { readJsonDocument } from '#shared/protocol/json-document.ts';
import { PassedStream } from '#shared/protocol/openai/pass-stream.ts';
import { PassedWhole } from '#shared/protocol/openai/pass-whole.ts';
import { openaiCompletions } from './openai-completions.ts';

const readCall = (fields: object) => {
  const body = { model: 'm', prompt: 'Once', ...fields };
  return openaiCompletions.readCall(readJsonDocument(Buffer.from(JSON.stringify(body)), 64));
};
const prompt = (fields: object) => readCall(fields).task.read();
const sent = (fields: object, outputCap = 100) =>
  JSON.parse(
    readCall(fields).native!.body({ model: 'theirs', outputCap, outputCapField: 'max_tokens' }).toString(),
  );

describe('a call for a completion', () => {
  it('is no stream, of one choice and of 16 tokens unless it says so', () => {
    expect(readCall({})).toMatchObject({ model: 'm', stream: false, choices: 1, outputCap: 16 });
    expect(readCall({ stream: true, max_tokens: 5, n: 2, user: 'Ann' })).toMatchObject({
      stream: true,
      choices: 2,
      outputCap: 5,
      endUser: 'Ann',
    });
  });

  it.each([
    [{ n: 2, best_of: 5 }, 5],
    [{ prompt: ['a', 'b', 'c'], n: 2 }, 6],
    [{ prompt: [[5, 6], [7]] }, 2],
    [{ prompt: [5, 6] }, 1],
    [{ prompt: null }, 1],
  ])('%j makes as many answers as must be paid', (fields, choices) => {
    expect(readCall(fields).choices).toBe(choices);
  });

  it.each([
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ prompt: [] }, 'prompt'],
    [{ prompt: ['a', 5] }, 'prompt[1]'],
    [{ prompt: Array(65).fill('a'), n: 2 }, 'prompt'],
    [{ stream: true, echo: true }, 'echo'],
    [{ best_of: 0 }, 'best_of'],
  ])('%j is refused', (fields, param) => {
    expect(thrownBy(() => readCall(fields))).toMatchObject({ param });
  });

  it('tells the size of all that a model may read', () => {
    expect(readCall({ prompt: 'Hi', suffix: '你' }).size()).toMatchObject({ bytes: 5, latin: 2, cjk: 1 });
    expect(readCall({ prompt: 'Hi', guided: { x: 'y' } }).size().bytes).toBeGreaterThan(10);
  });
});

describe('a completion that is translated', () => {
  it('goes on with the text, by the sampling that was asked for', () => {
    const fields = { prompt: ['Once'], suffix: ' end', temperature: 0, stop: 'END', seed: 7, num_ctx: 9 };
    expect(prompt(fields)).toEqual({
      text: 'Once',
      suffix: ' end',
      images: [],
      raw: false,
      thinking: false,
      sampling: { temperature: 0, stop: ['END'], seed: 7 },
      contextTokens: 9,
      demands: [],
    });
  });

  it.each([
    [{ prompt: ['a', 'b'] }, 'prompt[1]'],
    [{ prompt: [5, 6] }, 'prompt'],
    [{ prompt: null }, 'prompt'],
    [{ echo: true }, 'echo'],
    [{ best_of: 2 }, 'best_of'],
    [{ temperature: 'hot' }, 'temperature'],
  ])('is refused for %j', (fields, param) => {
    expect(thrownBy(() => prompt(fields))).toMatchObject({ param });
  });

  it.each([
    [{ n: 2 }, { kind: 'choices', param: 'n' }],
    [{ logprobs: 0 }, { kind: 'logprobs', param: 'logprobs' }],
    [{ logit_bias: { 5: 1 } }, { kind: 'logit-bias', param: 'logit_bias' }],
    [{ keep_alive: 5 }, { kind: 'keep-alive', param: 'keep_alive' }],
  ])('tells what not every model can: %j', (fields, demand) => {
    expect(prompt(fields)).toMatchObject({ demands: [demand] });
  });
});

describe('a completion that passes', () => {
  it('keeps all but the name of the model, the cap, and that usage is always told', () => {
    expect(sent({ x_new: 1, stream: true, stream_options: { x: 1 } })).toEqual({
      model: 'theirs',
      prompt: 'Once',
      x_new: 1,
      stream: true,
      stream_options: { x: 1, include_usage: true },
      max_tokens: 100,
    });
  });

  it.each([
    [{ max_tokens: 5 }, 5],
    [{ max_tokens: 500 }, 100],
    [{ max_tokens: null }, 100],
  ])('with %j is capped by what was granted', (fields, cap) => {
    expect(sent(fields).max_tokens).toBe(cap);
  });

  it('is refused where an upstream could read it otherwise than we', () => {
    expect(thrownBy(() => sent({ Prompt: 'x' }))).toMatchObject({ param: 'prompt' });
  });

  it('passes as a stream or whole', () => {
    expect(readCall({ stream: true }).native!.pass(aMeasuring())).toBeInstanceOf(PassedStream);
    expect(readCall({}).native!.pass(aMeasuring())).toBeInstanceOf(PassedWhole);
    expect(readCall({}).native!.path).toBe('/completions');
  });
});

it('an error about the messages of a chat is about the prompt here', () => {
  const error = new GatewayError('context_length_exceeded', 'Too long.', { param: 'messages' });
  expect(openaiCompletions.errorBody(error, 'req_1')).toMatchObject({ error: { param: 'prompt' } });
});

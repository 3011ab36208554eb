import { describe, expect, it } from 'vitest';
import { thrownBy } from '../../fixtures/streams.ts';
import type { EmbedPrompt, GeneratePrompt } from '../task.ts';
import { asChat, isPlainCompletion, writeCompletionRequest } from './write-completion-request.ts';
import { writeEmbeddingsRequest } from './write-embeddings-request.ts';

const TARGET = { model: 'theirs', outputCap: 100, outputCapField: 'max_completion_tokens' } as const;
const aPrompt = (rest: Partial<GeneratePrompt> = {}): GeneratePrompt => ({
  text: 'Once',
  images: [],
  raw: false,
  sampling: {},
  demands: [],
  ...rest,
});
const written = (rest: Partial<GeneratePrompt> = {}) => writeCompletionRequest(aPrompt(rest), TARGET);

describe('a request for a plain completion', () => {
  it('is a stream with its usage, capped by the one name that there is for it', () => {
    expect(written({ suffix: 'end', sampling: { temperature: 0, stop: ['\n'] } })).toEqual({
      model: 'theirs',
      prompt: 'Once',
      suffix: 'end',
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 100,
      temperature: 0,
      stop: ['\n'],
    });
  });

  it.each<[string, Partial<GeneratePrompt>]>([
    ['system', { system: 'Be brief.' }],
    ['images[0]', { images: [{ type: 'base64', data: 'AAAA', param: 'images[0]' }] }],
    ['format', { format: { type: 'json' } }],
    ['think', { thinking: 'high' }],
    ['keep_alive', { demands: [{ kind: 'keep-alive', param: 'keep_alive' }] }],
  ])('is refused where it has %s', (param, rest) => {
    expect(thrownBy(() => written(rest))).toMatchObject({ failure: 'unsupported_parameter', param });
  });

  it('may say that there is to be no thinking, and an empty system message', () => {
    expect(written({ thinking: false, system: '' })).toEqual(written());
  });

  it('is what a text needs that goes to the model as it stands, and only that', () => {
    expect(isPlainCompletion(aPrompt())).toBe(false);
    expect(isPlainCompletion(aPrompt({ raw: true }))).toBe(true);
    expect(isPlainCompletion(aPrompt({ suffix: '' }))).toBe(true);
  });
});

it('a text that the model’s template takes is one turn of a chat', () => {
  const images = [{ type: 'base64', data: 'AAAA', param: 'images[0]' } as const];
  const prompt = aPrompt({ system: 'Be brief.', images, thinking: true, format: { type: 'json' } });
  expect(asChat(prompt)).toEqual({
    messages: [
      { role: 'system', text: 'Be brief.' },
      { role: 'user', text: 'Once', images },
    ],
    tools: [],
    toolChoice: 'auto',
    sampling: {},
    demands: [],
    thinking: true,
    format: { type: 'json' },
  });
  expect(asChat(aPrompt()).messages).toHaveLength(1);
});

describe('a request for embeddings', () => {
  const prompt: EmbedPrompt = { texts: ['a', ''], truncate: true, demands: [] };

  it('has the texts, and asks for numbers', () => {
    expect(writeEmbeddingsRequest(prompt, 'theirs')).toEqual({
      model: 'theirs',
      input: ['a', ''],
      encoding_format: 'float',
    });
    expect(writeEmbeddingsRequest({ ...prompt, dimensions: 8 }, 'theirs')).toMatchObject({ dimensions: 8 });
  });

  it('is refused where it has a wish that cannot be told', () => {
    const demands = [{ kind: 'keep-alive', param: 'keep_alive' } as const];
    expect(thrownBy(() => writeEmbeddingsRequest({ ...prompt, demands }, 'theirs'))).toMatchObject({
      failure: 'unsupported_parameter',
      param: 'keep_alive',
    });
  });
});

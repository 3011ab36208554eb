import { describe, expect, it } from 'vitest';
import { thrownBy } from '../../fixtures/streams.ts';
import type { EmbedPrompt, GeneratePrompt } from '../task.ts';
import { embedRequest } from './embed-request.ts';
import { generateRequest } from './generate-request.ts';

const settings = { model: 'qwen3:8b', contextSteps: [] };
const text = (rest: Partial<GeneratePrompt> = {}): GeneratePrompt => ({
  text: 'Once',
  images: [],
  raw: false,
  sampling: {},
  demands: [],
  ...rest,
});
const texts = (rest: Partial<EmbedPrompt> = {}): EmbedPrompt => ({
  texts: ['a', 'b'],
  truncate: false,
  demands: [],
  ...rest,
});

describe('what Ollama is asked to go on with', () => {
  it('is a stream that is never cut in silence', () => {
    expect(generateRequest(text(), settings)).toEqual({
      model: 'qwen3:8b',
      prompt: 'Once',
      stream: true,
      truncate: false,
      shift: false,
      options: {},
    });
  });

  it('is all that the caller wants', () => {
    const prompt = text({
      suffix: 'the end',
      system: 'Be brief.',
      images: [{ type: 'base64', data: 'AAAA', param: 'images[0]' }],
      raw: true,
      sampling: { topK: 5 },
      outputCap: 9,
      format: { type: 'json' },
      thinking: 'low',
      contextTokens: 5000,
    });
    const steps = { ...settings, contextSteps: [4096, 8192], keepAlive: '600' };
    expect(generateRequest(prompt, steps)).toMatchObject({
      suffix: 'the end',
      system: 'Be brief.',
      images: ['AAAA'],
      raw: true,
      options: { top_k: 5, num_predict: 9, num_ctx: 8192 },
      format: 'json',
      think: 'low',
      keep_alive: 600,
    });
  });

  it.each([
    [text({ text: '' }), 'invalid_request', 'prompt'],
    [
      text({ images: [{ type: 'url', url: 'http://x', param: 'images[0]' }] }),
      'unsupported_parameter',
      'images[0]',
    ],
    [text({ demands: [{ kind: 'logprobs', param: 'logprobs' }] }), 'unsupported_parameter', 'logprobs'],
    [text({ contextTokens: 9 }), 'unsupported_parameter', 'num_ctx'],
  ])('is refused where it cannot be: %j', (prompt, failure, param) => {
    expect(thrownBy(() => generateRequest(prompt, settings))).toMatchObject({ failure, param });
  });
});

describe('what Ollama is asked for vectors of', () => {
  it('is the texts, and cut only if the caller wants', () => {
    const plain = { model: 'qwen3:8b', input: ['a', 'b'], truncate: false };
    expect(embedRequest(texts(), settings)).toEqual(plain);
    expect(embedRequest(texts({ truncate: true }), settings)).toEqual({ ...plain, truncate: true });
  });

  it('has the length that is wanted, and the settings of the operator', () => {
    const request = embedRequest(texts({ dimensions: 64 }), {
      ...settings,
      contextSteps: [512],
      keepAlive: '5m',
    });
    expect(request).toMatchObject({ dimensions: 64, options: { num_ctx: 512 }, keep_alive: '5m' });
  });

  it('is refused where it cannot be', () => {
    const demands = [{ kind: 'native-option' as const, param: 'options.x' }];
    expect(thrownBy(() => embedRequest(texts({ demands }), settings))).toMatchObject({ param: 'options.x' });
  });
});

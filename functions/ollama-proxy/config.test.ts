import { describe, expect, it } from 'vitest';
import { readConfig } from '#shared/config.ts';
import { OllamaProxyConfig } from './config.ts';

const read = (rest: Record<string, string> = {}) =>
  readConfig(OllamaProxyConfig, { INTERNAL_SECRET: 'x'.repeat(32), OLLAMA_MODELS: '/mnt/ollama', ...rest });

describe('the configuration', () => {
  it('needs a secret and a store, and has a sane word for all else', () => {
    expect(read()).toMatchObject({ OLLAMA_COMMAND: ['ollama', 'serve'], MODELS_TO_LOAD: [] });
    expect(() => readConfig(OllamaProxyConfig, {})).toThrow(/INTERNAL_SECRET[\s\S]*OLLAMA_MODELS/);
  });

  it('takes names of models as people write them', () => {
    expect(read({ MODELS_TO_LOAD: 'tiny, hf.co/a/b:Q4_K_M,,tiny:latest' }).MODELS_TO_LOAD).toEqual([
      'tiny:latest',
      'hf.co/a/b:Q4_K_M',
    ]);
  });

  it.each([
    [{ MODELS_TO_LOAD: 'gpt-oss:120b-cloud' }, /MODELS_TO_LOAD: must be names of models/],
    [{ OLLAMA_COMMAND: 'ollama serve' }, /OLLAMA_COMMAND: must be a JSON list of strings/],
    [{ OLLAMA_COMMAND: '[]' }, /OLLAMA_COMMAND: must be a JSON list of strings/],
    [{ OLLAMA_MODELS: 'models' }, /OLLAMA_MODELS: must be an absolute path/],
    [{ INITIALIZE_TIMEOUT_MS: '300001' }, /INITIALIZE_TIMEOUT_MS/],
  ])('says what is wrong with %j', (settings, message) => {
    expect(() => read(settings as Record<string, string>)).toThrow(message);
  });
});

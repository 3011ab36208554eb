import { expect, it } from 'vitest';
import { pullVariables } from './pull-variables.ts';

it('model-pull gets what says where models come from, and nothing else of the shell', () => {
  const wanted = {
    PULL_REGISTRIES: '[]',
    PULL_ALLOW: '["a:*"]',
    MODEL_BUCKETS: '[]',
    OLLAMA_VERSION: '0.33.1',
  };
  const others = {
    MODEL_PULL_URL: 'x',
    INTERNAL_SECRET: 'x',
    OLLAMA_MODELS: 'x',
    PATH: 'x',
    DATABASE_URL: 'x',
  };
  expect(pullVariables({ ...wanted, ...others })).toEqual(wanted);
});

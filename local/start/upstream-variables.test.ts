import { expect, it } from 'vitest';
import { upstreamVariables } from './upstream-variables.ts';

it('of the caller, upstreams get the variables meant for them, and s.yaml keeps those of our functions', () => {
  const environment = {
    UPSTREAM_DEEPSEEK_KEY: 'sk-deepseek',
    UPSTREAM_CUSTOM_AGENT_URL: 'https://production',
    UPSTREAM_OLLAMA_PROXY_SECRET: 'production',
    UPSTREAM_lower: 'x',
    DATABASE_URL: 'postgres://production',
    MY_UPSTREAM_KEY: 'x',
  };
  expect(upstreamVariables(environment)).toEqual({ UPSTREAM_DEEPSEEK_KEY: 'sk-deepseek' });
});

import { describe, expect, it } from 'vitest';
import { exampleEnvironment } from '../../test/deploy/example-environment.ts';
import { checkEnvironment } from './check-environment.ts';

const environment = exampleEnvironment('gpus');
const problemsOf = (more: Record<string, string>) =>
  checkEnvironment('gpus', { ...environment, ...more }).problems;

/** Its list of who may come in is for 2.x alone: it stays, and nobody reads it. */
const GITHUB = {
  LOBECHAT_SSO_PROVIDERS: 'github',
  LOBECHAT_GITHUB_ID: 'i',
  LOBECHAT_GITHUB_SECRET: 's',
  LOBECHAT_ALLOWED_EMAILS: 'example.com',
};

const PUBLIC = 'must be the address inside the region: system_intranet_url, with -vpc';
const secret = 's'.repeat(64);

describe('one variable against another', () => {
  it.each<[Record<string, string>, string]>([
    [{ IMAGE_ACCESS_KEY_ID: 'x' }, 'IMAGE_ACCESS_KEY_SECRET: is missing beside IMAGE_ACCESS_KEY_ID'],
    [{ MODEL_ACCESS_KEY_SECRET: 'x' }, 'MODEL_ACCESS_KEY_ID: is missing beside MODEL_ACCESS_KEY_SECRET'],
    [{ KEY_PEPPER: secret, INTERNAL_SECRET: secret }, 'INTERNAL_SECRET: must not be KEY_PEPPER'],
    [{ INTERNAL_SECRET: secret, METRICS_TOKEN: secret }, 'METRICS_TOKEN: must not be INTERNAL_SECRET'],
    [
      { INTERNAL_SECRET: `${'n'.repeat(32)},${secret}`, METRICS_TOKEN: secret },
      'METRICS_TOKEN: must not be INTERNAL_SECRET',
    ],
    [{ MODEL_PULL_URL: 'https://m-abc.cn-hangzhou.fcapp.run' }, `MODEL_PULL_URL: ${PUBLIC}`],
    [{ OLLAMA_PROXY_B_URL: 'https://m-abc.cn-beijing-vpc.fcapp.run' }, `OLLAMA_PROXY_B_URL: ${PUBLIC}`],
    [{ ROUTER_IDLE_INSTANCES: '17' }, 'ROUTER_IDLE_INSTANCES: must not be more than ROUTER_INSTANCES'],
    [{ GPU_IDLE_INSTANCES_BY_DAY: '2' }, 'GPU_IDLE_INSTANCES_BY_DAY: must not be more than GPU_INSTANCES'],
    [
      { VSWITCH_ID_B: environment.VSWITCH_ID! },
      'VSWITCH_ID_B: must be another than VSWITCH_ID, in another zone',
    ],
    [{ PULL_SOURCE: 'mirror' }, 'PULL_SOURCE: must be registry; MODEL_BUCKETS has no mirror'],
    [{ GPU_MEMORY_MB: '24576' }, 'GPU_MEMORY_MB: must be 16384: fc.gpu.tesla.1 is sold whole'],
    [{ GPU_CPU: '6' }, 'GPU_CPU: must be 4 or 8 or 16 beside fc.gpu.tesla.1'],
    [{ GPU_RAM_MB: '65536' }, expect.stringMatching(/^GPU_RAM_MB: must be what FC sells beside/)],
    [{ LOBECHAT_AUTH0_SECRET: '' }, 'LOBECHAT_AUTH0_SECRET: is missing; LOBECHAT_SSO_PROVIDERS has auth0'],
    [
      { ...GITHUB, LOBECHAT_ALLOWED_EMAILS: '' },
      'LOBECHAT_ALLOWED_EMAILS: is missing; github lets in whoever has an account there',
    ],
    [
      { ...GITHUB, LOBECHAT: '1' },
      'LOBECHAT_SSO_PROVIDERS: must be without github; 1.x lets in whoever has an account there',
    ],
    [
      { LOBECHAT_DATABASE_URL: environment.DATABASE_URL!.replace('sublet:', 'other:') },
      'LOBECHAT_DATABASE_URL: must be another database than the gateway’s: both make tables of their own',
    ],
    [
      { LOBECHAT_DOMAIN: 'ask.example.com' },
      'LOBECHAT_URL: must have the name that LOBECHAT_DOMAIN has: sign-ins come back there',
    ],
    [
      { LOBECHAT_ROUTER_URL: 'http://llm.example.com/v1' },
      'LOBECHAT_ROUTER_URL: must be https:// outside the region: the key is sent along',
    ],
    [{ LOBECHAT_DEFAULT_MODEL: 'gpt-4' }, 'LOBECHAT_DEFAULT_MODEL: must be one of LOBECHAT_MODEL_LIST'],
  ])('%j does not fit', (more, problem) => {
    expect(problemsOf(more)).toEqual([problem]);
  });

  it.each<[Record<string, string>, number]>([
    [{ ROUTER_IDLE_INSTANCES: '1', ROUTER_QUALIFIER: 'prod' }, 1],
    [{ ROUTER_IDLE_INSTANCES: '1', ROUTER_QUALIFIER: 'LATEST' }, 0],
    [{ ROUTER_IDLE_INSTANCES: '1', ROUTER_QUALIFIER: '' }, 0],
    [{ ROUTER_IDLE_INSTANCES: '0', ROUTER_QUALIFIER: 'prod' }, 0],
    [{ ROUTER_IDLE_INSTANCES: '', ROUTER_QUALIFIER: 'prod' }, 0],
  ])('%j is paid for in vain: %i', (more, count) => {
    const { problems, notes } = checkEnvironment('gpus', { ...environment, ...more });
    expect({ problems, notes }).toEqual({
      problems: [],
      notes: Array(count).fill(expect.stringMatching(/^ROUTER_IDLE_INSTANCES: .* in vain/)),
    });
  });

  it.each<[Record<string, string>, string]>([
    [{ PULL_SOURCE: 'mirror', MODEL_BUCKETS: '{' }, 'MODEL_BUCKETS: must be JSON'],
    [
      { ROUTER_IDLE_INSTANCES: '20', ROUTER_INSTANCES: '0' },
      expect.stringMatching(/^ROUTER_INSTANCES: must be /),
    ],
    [{ GPU_TYPE: 'big', GPU_MEMORY_MB: '98304' }, expect.stringMatching(/^GPU_TYPE: must be /)],
  ])('%j is wrong in one place', (more, problem) => {
    expect(problemsOf(more)).toEqual([problem]);
  });

  it.each([
    { ROUTER_INSTANCES: '20', ROUTER_IDLE_INSTANCES: '20' },
    { INTERNAL_SECRET: `${'n'.repeat(32)},${secret}` },
    { GPU_TYPE: 'fc.gpu.ampere.1', GPU_MEMORY_MB: '24576', GPU_CPU: '16', GPU_RAM_MB: '32768' },
    {
      PULL_SOURCE: 'mirror',
      MODEL_BUCKETS: '[{"bucket":"models","region":"cn-hangzhou","prefix":"m/","use":["mirror"]}]',
    },
    { OLLAMA_PROXY_URL: 'http://10.0.0.8:11434', LOBECHAT_DOMAIN: '', MODEL_PULL_URL: '' },
    GITHUB,
    { LOBECHAT: '1' },
    {
      LOBECHAT_SSO_PROVIDERS: 'generic-oidc',
      LOBECHAT_OIDC_ID: 'i',
      LOBECHAT_OIDC_SECRET: 's',
      LOBECHAT_OIDC_ISSUER: 'https://id.example.com/realms/a',
    },
  ])('%j fits', (more) => {
    expect(problemsOf(more as Record<string, string>)).toEqual([]);
  });
});

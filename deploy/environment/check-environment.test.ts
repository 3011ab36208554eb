import { describe, expect, it } from 'vitest';
import { exampleEnvironment } from '../../test/deploy/example-environment.ts';
import { checkEnvironment } from './check-environment.ts';
import type { Profile } from './profiles.ts';

const problemsOf = (more: Record<string, string>, profile: Profile = 'gpus') =>
  checkEnvironment(profile, { ...exampleEnvironment('gpus'), ...more }).problems;

const IDS = ['VPC_ID', 'VSWITCH_ID', 'VSWITCH_ID_B', 'SECURITY_GROUP_ID'];
const NO_URL = 'must be postgres://user:password@host:port/database, with what is special percent-encoded';
const NO_KEY = 'must be 32 bytes in base64 (openssl rand -base64 32)';
const NO_IMAGE = 'must be registry/namespace/name and a tag other than latest';

describe('an environment', () => {
  it('is right as .env.example has it, with everything filled in that it asks for', () => {
    expect(problemsOf({})).toEqual([]);
  });

  it('is wrong in all places at once, and each is named', () => {
    expect(checkEnvironment('small', { LOBECHAT: 'none' }).problems).toEqual(
      [
        ...['REGION', 'FC_ROLE', 'VPC_ID', 'VSWITCH_ID', 'SECURITY_GROUP_ID', 'LOG_PROJECT', 'LOG_STORE'],
        ...['DATABASE_URL', 'KEY_PEPPER', 'INTERNAL_SECRET', 'CUSTOM_AGENT_URL'],
      ].map((name) => `${name}: is missing`),
    );
  });

  it('may be empty where it may be absent, and is absent where it is empty', () => {
    expect(problemsOf({ METRICS_TOKEN: '', GPU_TYPE: '', KEY_PEPPER: '' })).toEqual([
      'KEY_PEPPER: is missing',
    ]);
  });

  it.each(IDS)('still has the example as %s', (name) => {
    expect(problemsOf({ [name]: `${name.slice(0, 3)}-bp1xxxxxxxxxxxxxxxxxx` })).toEqual([
      `${name}: is still that of .env.example`,
    ]);
  });

  it('says nothing of what the profile does not ask for', () => {
    expect(problemsOf({ NAS_SERVER: '?', GPU_TYPE: '?', VSWITCH_ID_B: '?' }, 'small')).toEqual([]);
    expect(problemsOf({ VSWITCH_ID_B: '?' }, 'gpu')).toEqual([]);
    expect(problemsOf({ LOBECHAT: 'none', LOBECHAT_URL: '?' })).toEqual([]);
    expect(problemsOf({ LOBECHAT: '1', LOBECHAT_JWKS_KEY: '' })).toEqual([]);
  });
});

describe('one variable', () => {
  it.each<[Record<string, string>, string]>([
    [{ REGION: 'hangzhou' }, 'REGION: must be a region such as cn-hangzhou'],
    [{ FC_ROLE: 'sublet' }, 'FC_ROLE: must be acs:ram::<account>:role/<name>, in lower case'],
    [{ FC_ROLE: 'acs:ram::1:role/Sublet' }, 'FC_ROLE: must be acs:ram::<account>:role/<name>, in lower case'],
    [{ VPC_ID: 'vsw-bp1abcdef' }, 'VPC_ID: must be an id such as vpc-bp1…'],
    [{ SECURITY_GROUP_ID: 'sg bp1' }, 'SECURITY_GROUP_ID: must be an id such as sg-bp1…'],
    [{ DATABASE_URL: 'mysql://u:p@h/d' }, `DATABASE_URL: ${NO_URL}`],
    [{ DATABASE_URL: 'postgres://u:p@ss@h:5432/d' }, `DATABASE_URL: ${NO_URL}`],
    [{ DATABASE_URL: 'postgres://u:p/ss@h:5432/d' }, `DATABASE_URL: ${NO_URL}`],
    [{ DATABASE_URL: 'postgres://u:p#ss@h:5432/d' }, `DATABASE_URL: ${NO_URL}`],
    [{ DATABASE_URL: 'postgres://u:p%s@h:5432/d' }, `DATABASE_URL: ${NO_URL}`],
    [{ DATABASE_URL: 'postgres://u@h:5432/d' }, `DATABASE_URL: ${NO_URL}`],
    [{ DATABASE_URL: 'postgres://u:p@h:5432' }, `DATABASE_URL: ${NO_URL}`],
    [{ KEY_PEPPER: 'short' }, 'KEY_PEPPER: must have at least 32 characters'],
    [{ KEY_PEPPER: `${'a'.repeat(40)}$HOME` }, 'KEY_PEPPER: must not have a $; the tool would expand it'],
    [
      { INTERNAL_SECRET: `${'n'.repeat(32)},short` },
      expect.stringMatching(/^INTERNAL_SECRET: must have at least 32/),
    ],
    [{ METRICS_TOKEN: 'short' }, 'METRICS_TOKEN: must have at least 32 characters'],
    [{ CUSTOM_AGENT_URL: 'https://h' }, 'CUSTOM_AGENT_URL: must be scheme and host, and /v1 after them'],
    [{ MODEL_PULL_URL: 'https://h/v1' }, 'MODEL_PULL_URL: must be scheme and host alone'],
    [{ ROUTER_INSTANCES: 'many' }, 'ROUTER_INSTANCES: must be a whole number from 1 to 200'],
    [{ IMAGE_BUCKETS: '{' }, 'IMAGE_BUCKETS: must be JSON'],
    [
      { IMAGE_BUCKETS: `["${'b'.repeat(1500)}"]` },
      expect.stringMatching(/^IMAGE_BUCKETS: must have at most 1500 bytes/),
    ],
    [{ PULL_REGISTRIES: '["models.example.com"]' }, expect.stringMatching(/^PULL_REGISTRIES\.0: /)],
    [{ NAS_SERVER: 'abc.nas.aliyuncs.com' }, expect.stringMatching(/^NAS_SERVER: must be a mount target/)],
    [{ OLLAMA_PROXY_IMAGE: 'r.cn/ns/ollama-proxy' }, `OLLAMA_PROXY_IMAGE: ${NO_IMAGE}`],
    [{ GPU_TYPE: 'tesla' }, expect.stringMatching(/^GPU_TYPE: must be fc\.gpu\.tesla\.1 or /)],
    [{ ROUTER_DOMAIN: 'https://llm.example.com' }, 'ROUTER_DOMAIN: must be a host name in lower case'],
    [{ LOBECHAT: '3' }, 'LOBECHAT: must be 2 or 1 or none'],
    [{ LOBECHAT_IMAGE: 'lobehub/lobehub:latest' }, `LOBECHAT_IMAGE: ${NO_IMAGE}`],
    [{ LOBECHAT_KEY_VAULTS_SECRET: 'a'.repeat(64) }, `LOBECHAT_KEY_VAULTS_SECRET: ${NO_KEY}`],
    [{ LOBECHAT_URL: 'https://chat.example.com/' }, 'LOBECHAT_URL: must not end with a slash'],
    [
      { LOBECHAT_JWKS_KEY: '{"keys":[]}' },
      expect.stringMatching(/^LOBECHAT_JWKS_KEY: must be a JSON key set/),
    ],
    [
      { LOBECHAT_SSO_PROVIDERS: 'auth0, github' },
      expect.stringMatching(/^LOBECHAT_SSO_PROVIDERS: must be of /),
    ],
    [
      { LOBECHAT_ROUTER_KEY: 'sk-a,sk-b' },
      'LOBECHAT_ROUTER_KEY: must be a key of the gateway, which begins with sk-',
    ],
    [{ LOBECHAT_MODEL_LIST: '+gpt-4' }, expect.stringMatching(/^LOBECHAT_MODEL_LIST: must be what `sublet/)],
  ])('%j is malformed', (more, problem) => {
    expect(problemsOf(more)).toEqual([problem]);
  });

  it('is never repeated', () => {
    const secret = 'hunter2';
    const names = Object.keys(exampleEnvironment('gpus'));
    const all = problemsOf(Object.fromEntries(names.map((name) => [name, `${secret} ${'$'}`])));
    expect(all.length).toBeGreaterThan(50);
    expect(all.join('\n')).not.toContain(secret);
    expect(
      problemsOf(Object.fromEntries(names.map((name) => [name, `[{"x":"${secret}"}]`]))).join('\n'),
    ).not.toContain(secret);
  });
});

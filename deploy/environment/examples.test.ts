import { describe, expect, it } from 'vitest';
import { example, exampleEnvironment } from '../../test/deploy/example-environment.ts';
import { checkEnvironment } from './check-environment.ts';
import type { LobeChat, Profile } from './profiles.ts';

const ALL = `
  FC_ROLE VPC_ID VSWITCH_ID SECURITY_GROUP_ID LOG_PROJECT DATABASE_URL KEY_PEPPER INTERNAL_SECRET
  CUSTOM_AGENT_URL MODEL_PULL_URL OLLAMA_PROXY_URL`;
const OF_GPUS = 'NAS_SERVER OLLAMA_PROXY_IMAGE VSWITCH_ID_B OLLAMA_PROXY_B_URL';
const OF_LOBECHAT = `
  LOBECHAT_IMAGE LOBECHAT_URL LOBECHAT_DOMAIN LOBECHAT_DATABASE_URL LOBECHAT_KEY_VAULTS_SECRET LOBECHAT_AUTH_SECRET
  LOBECHAT_JWKS_KEY LOBECHAT_ALLOWED_EMAILS LOBECHAT_AUTH0_ID LOBECHAT_AUTH0_SECRET LOBECHAT_AUTH0_ISSUER
  LOBECHAT_BUCKET LOBECHAT_BUCKET_KEY_ID LOBECHAT_BUCKET_KEY_SECRET LOBECHAT_ROUTER_URL LOBECHAT_ROUTER_KEY`;

const words = (text: string) => text.trim().split(/\s+/);
const nameIn = (problem: string) => problem.slice(0, problem.indexOf(':'));

describe('.env.example, as it is,', () => {
  it.each<[Profile, LobeChat, string]>([
    ['small', 'none', ALL],
    ['gpus', 'none', `${ALL} ${OF_GPUS}`],
    ['small', '2', `${ALL} ${OF_LOBECHAT}`],
  ])('has everything to fill in, by name: %s with LobeChat %s', (profile, lobechat, names) => {
    const { problems, notes } = checkEnvironment(profile, { ...example, LOBECHAT: lobechat });
    expect(problems.map(nameIn).toSorted()).toEqual(words(names).toSorted());
    expect(notes).toEqual([]);
  });

  it('may stay so for those who vouch for nobody', () => {
    const { problems } = checkEnvironment('small', { ...example, LOBECHAT_SSO_PROVIDERS: 'generic-oidc' });
    expect(problems.filter((each) => each.startsWith('LOBECHAT_AUTH0'))).toEqual([]);
  });
});

describe('an environment', () => {
  it('may have the example’s addresses before the first deploy, which makes them, and not after', () => {
    const CUSTOM_AGENT_URL = 'https://sublet-custom-agent-xxxxxxxxxx.cn-hangzhou-vpc.fcapp.run/v1';
    const environment = { ...exampleEnvironment('gpu'), CUSTOM_AGENT_URL };
    expect(checkEnvironment('gpu', environment, { isFirst: true })).toEqual({
      problems: [],
      notes: [expect.stringMatching(/^CUSTOM_AGENT_URL: is still .* After this deploy/)],
    });
    expect(checkEnvironment('gpu', environment)).toEqual({
      problems: [expect.stringMatching(/^CUSTOM_AGENT_URL: is still .*, or say --first/)],
      notes: [],
    });
  });
});

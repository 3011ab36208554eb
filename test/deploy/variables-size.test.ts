import { expect, it } from 'vitest';
import { checkEnvironment } from '../../deploy/environment/check-environment.ts';
import { findingsIn, renderBundle } from './bundle.ts';
import { exampleEnvironment, fileOf } from './example-environment.ts';

it('leaves every function below 4 KB of variables, also when much is said', async () => {
  const list = [
    '-all',
    ...Array.from({ length: 25 }, (_, n) => `+some-model-${n}:32b=Some model ${n}<32768:fc>`),
  ];
  const secret = 's'.repeat(128);
  const generous = {
    ...{ KEY_PEPPER: secret, INTERNAL_SECRET: `${secret}2`, METRICS_TOKEN: `${secret}3` },
    DATABASE_URL: `postgres://${'u'.repeat(60)}:${'p'.repeat(90)}@${'h'.repeat(60)}.example.com:5432/sublet`,
    LOBECHAT_DATABASE_URL: `postgres://${'u'.repeat(60)}:${'p'.repeat(90)}@${'h'.repeat(60)}.example.com:5432/l`,
    ...{
      LOBECHAT_SSO_PROVIDERS: 'auth0,github',
      LOBECHAT_GITHUB_ID: 'i'.repeat(20),
      LOBECHAT_GITHUB_SECRET: 'g'.repeat(40),
    },
    LOBECHAT_MODEL_LIST: list
      .join(',')
      .slice(0, 990)
      .replace(/,[^,]*$/, ''),
    LOBECHAT_DEFAULT_MODEL: 'some-model-0:32b',
    PULL_ALLOW: JSON.stringify(Array.from({ length: 20 }, (_, n) => `hf.co/somebody/model-${n}*`)),
    REGISTRY_KEY: 'k'.repeat(420),
  };
  const environment = { ...exampleEnvironment('gpus'), ...generous };
  expect(checkEnvironment('gpus', environment).problems).toEqual([]);
  expect(findingsIn(await renderBundle(fileOf('gpus'), environment))).toEqual([]);
});

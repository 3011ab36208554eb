import { describe, expect, it } from 'vitest';
import { resolveCredential, resolveEntry, upstreamVariables } from './upstream-variables.ts';

const environment = {
  UPSTREAM_A_URL: 'http://a',
  UPSTREAM_A_KEY: 'sk-a\n',
  UPSTREAM_EMPTY: ' ',
  KEY_PEPPER: 'secret',
  NOT_UPSTREAM_B: 'secret',
};
const resolve = (entry: string) => resolveEntry(entry, upstreamVariables(environment));

it('of the environment, the catalog knows only what is meant for upstreams', () => {
  expect(upstreamVariables(environment)).toEqual({ UPSTREAM_A_URL: 'http://a', UPSTREAM_A_KEY: 'sk-a' });
});

describe('an entry of the catalog', () => {
  it('is itself', () => {
    expect(resolve('https://host/v1')).toBe('https://host/v1');
    expect(resolve('sk-credential')).toBe('sk-credential');
  });

  it('is the variable that it names', () => {
    expect(resolve('env:UPSTREAM_A_URL')).toBe('http://a');
  });

  it.each([
    'env:UPSTREAM_GONE',
    'env:UPSTREAM_EMPTY',
    'env:KEY_PEPPER',
    'env:NOT_UPSTREAM_B',
    'env:',
    'env:UPSTREAM_',
    'env:upstream_a_url',
    'env:UPSTREAM_A_URL/x',
  ])('does not exist here when it is %s', (entry) => {
    expect(resolve(entry)).toBeUndefined();
  });
});

it.each([
  ['env:UPSTREAM_A_KEY', { kind: 'bearer', token: 'sk-a' }],
  ['signed:env:UPSTREAM_A_KEY', { kind: 'signed', secret: 'sk-a' }],
  ['signed:env:UPSTREAM_GONE', undefined],
  ['signed:env:KEY_PEPPER', undefined],
  ['env:UPSTREAM_GONE', undefined],
])('the credential %s is %j', (entry, credential) => {
  expect(resolveCredential(entry, upstreamVariables(environment))).toEqual(credential);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { variablesOf } from '../../deploy/environment/variables.ts';
import { ENV_EXAMPLE, example, ROOT, SECRETS } from './example-environment.ts';

const text = readFileSync(ENV_EXAMPLE, 'utf8');
const SPECS = [
  's.yaml',
  's-small.yaml',
  's-gpus.yaml',
  'profiles/lobechat-1.yaml',
  'profiles/lobechat-2.yaml',
];
const everything = variablesOf({ profile: 'gpus', lobechat: '2' });

describe('.env.example', () => {
  it('has the variables of s.yaml and its profiles, and no others', () => {
    const used = SPECS.flatMap((file) => [
      ...readFileSync(join(ROOT, file), 'utf8').matchAll(/\benv\(["'](\w+)["']/g),
    ]).map(([, name]) => name);
    expect(used.length).toBeGreaterThan(10);
    expect(Object.keys(example).toSorted()).toEqual([...new Set(used)].toSorted());
  });

  it('has what is checked before a deploy, and nothing that is not', () => {
    expect(Object.keys(example).toSorted()).toEqual(Object.keys(everything).toSorted());
  });

  it('explains each of them', () => {
    // Those that belong together share one explanation.
    const unexplained = text
      .split(/\n{2,}/)
      .filter((paragraph) => /^\w+=/m.test(paragraph) && !paragraph.startsWith('# '));
    expect(unexplained).toEqual([]);
  });

  it('gives an example of each that is needed, but of no secret, lest somebody deploys it', () => {
    const empty = Object.keys(example).filter((name) => example[name] === '');
    const needed = empty.filter((name) => !everything[name]!.safeParse(undefined).success);
    const ofAuth0 = 'LOBECHAT_AUTH0_SECRET'; // which the provider of the example makes needed
    expect([...needed, ofAuth0].toSorted()).toEqual(Object.keys(SECRETS).toSorted());
  });

  it.each(['KEY_PEPPER', 'INTERNAL_SECRET', 'METRICS_TOKEN'])('says how %s is made', (name) => {
    expect(text).toMatch(new RegExp(`openssl rand -hex 32\n(#.*\n)*${name}=\n`));
  });

  it.each(['LOBECHAT_KEY_VAULTS_SECRET', 'LOBECHAT_AUTH_SECRET'])('says how %s is made', (name) => {
    expect(text).toMatch(new RegExp(`openssl rand -base64 32\n(#.*\n)*${name}=\n`));
  });
});

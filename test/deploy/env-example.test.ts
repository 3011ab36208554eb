import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ENV_EXAMPLE, S_YAML, SECRETS } from './example-environment.ts';

const text = readFileSync(ENV_EXAMPLE, 'utf8');
const example = parseEnv(text) as Record<string, string>;

describe('.env.example', () => {
  it('has the variables of s.yaml and no others', () => {
    const used = [...readFileSync(S_YAML, 'utf8').matchAll(/\benv\(["'](\w+)["']/g)].map(([, name]) => name);
    expect(used.length).toBeGreaterThan(10);
    expect(Object.keys(example).toSorted()).toEqual([...new Set(used)].toSorted());
  });

  it('explains each of them', () => {
    // Two that belong together share one explanation.
    const unexplained = text
      .split(/\n{2,}/)
      .filter((paragraph) => /^\w+=/m.test(paragraph) && !paragraph.startsWith('# '));
    expect(unexplained).toEqual([]);
  });

  it('gives an example of each, but of no secret, lest somebody deploys it', () => {
    const empty = Object.keys(example).filter((name) => example[name] === '');
    expect(empty.toSorted()).toEqual(SECRETS.toSorted());
    for (const name of SECRETS) expect(text).toMatch(new RegExp(`openssl rand -hex 32\n(#.*\n)*${name}=\n`));
  });
});

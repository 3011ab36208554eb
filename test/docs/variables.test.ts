import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ROOT, textOf } from './guides.ts';

/** Where variables are read, or asked for. */
const SOURCES = [
  '.env.example',
  '*.yaml',
  'profiles/*.yaml',
  '{functions,shared,local,deploy,cli}/**/*.ts',
  'functions/*/Dockerfile',
];

/** Those that are somebody else's, or stand for many. */
const FOREIGN =
  /^(AccountID|ALIBABA_|FC_(?!ROLE)|FC_SEED|LEDGER_RUNS|ANTHROPIC_|CLAUDE_|OPENAI_|ENABLE|API_|UPSTREAM_)/;

const known = globSync(SOURCES, { cwd: ROOT }).map(textOf).join('\n');

const GUIDES = [
  'deploy',
  'operate',
  'upgrade',
  'front',
  'security',
  'models',
  'routing',
  'metrics',
  'lobechat',
  'cli',
];

describe.each(GUIDES)('docs/%s.md', (name) => {
  it('names variables that something reads', () => {
    const named = [...textOf(`docs/${name}.md`).matchAll(/`([A-Z][A-Z0-9]*_[A-Z0-9_]+)\b/g)].map(
      ([, each]) => each!,
    );
    const unknown = new Set(named.filter((each) => !FOREIGN.test(each) && !known.includes(each)));
    expect([...unknown]).toEqual([]);
  });
});

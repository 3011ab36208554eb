import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { brokenRule, readsEnvironment } from './dependency-rule.ts';
import { importsBelow } from './imports.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const breaches = (root: string, folders: string[]) =>
  importsBelow(root, folders).flatMap((each) => {
    const rule = brokenRule(each);
    return rule === undefined ? [] : [`${each.from} → ${each.to}: ${rule}`];
  });

describe('the dependency rule', () => {
  it('holds in this house', () => {
    expect(importsBelow(ROOT, ['functions', 'shared']).length).toBeGreaterThan(100);
    expect(breaches(ROOT, ['functions', 'shared'])).toEqual([]);
  });

  it.each([
    ['shared/x.ts', `import type { A } from '../functions/router/app.ts';`, 'shared imports a function'],
    ['functions/a/x.ts', `export { b } from '../b/y.ts';`, 'a function imports another'],
    ['functions/a/x.ts', `const b = await import('../b/y.ts');`, 'a function imports another'],
    ['functions/a/x.ts', `import '../../local/start.ts';`, 'what is deployed imports what is not'],
    ['shared/protocol/x.ts', `import { readFile } from 'node:fs/promises';`, 'shared/protocol is not pure'],
    [
      'shared/protocol/x.ts',
      `import type { Db } from '#shared/db/database.ts';`,
      'shared/protocol is not pure',
    ],
  ])('is broken by a breach planted in %s: %s', (file, source, rule) => {
    const root = aTree({ [file]: source });
    expect(breaches(root, [file.split('/')[0]!])).toEqual([expect.stringContaining(rule)]);
  });
});

describe('the environment', () => {
  it('is read by server.ts alone', () => {
    const readers = new Set(importsBelow(ROOT, ['functions', 'shared']).map((each) => each.from));
    const guilty = [...readers].filter((file) => readsEnvironment(readFileSync(join(ROOT, file), 'utf8')));
    expect(guilty.filter((file) => !/^functions\/[^/]+\/server\.ts$/.test(file))).toEqual([]);
    expect(guilty).toContain('functions/router/server.ts');
  });
});

const trees: string[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true });
});

function aTree(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'sublet-tree-'));
  trees.push(root);
  for (const [name, source] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), source);
  }
  return root;
}

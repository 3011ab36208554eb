import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, guides, proseOf, ROOT, textOf } from './guides.ts';

const LINK = /\]\(([^)\s]+)\)/g;

/** Where a link leads that is within the repository, and to which heading there. */
function targetsOf(guide: string): { link: string; path: string; anchor: string | undefined }[] {
  return [...proseOf(textOf(guide)).matchAll(LINK)]
    .map(([, link]) => link!)
    .filter((link) => !/^(https?|mailto):/.test(link))
    .map((link) => {
      const [file = '', anchor] = link.split('#', 2);
      return { link, path: file === '' ? guide : normalize(join(dirname(guide), file)), anchor };
    });
}

describe.each(guides())('%s', (guide) => {
  it('links to files that are there', () => {
    const broken = targetsOf(guide).filter(({ path }) => !existsSync(ROOT + path));
    expect(broken.map(({ link }) => link)).toEqual([]);
  });

  it('links to headings that are there', () => {
    const broken = targetsOf(guide).filter(
      ({ path, anchor }) =>
        anchor !== undefined &&
        path.endsWith('.md') &&
        existsSync(ROOT + path) &&
        !anchorsOf(textOf(path)).has(decodeURIComponent(anchor)),
    );
    expect(broken.map(({ link }) => link)).toEqual([]);
  });
});

it('every guide in docs can be found from the README', () => {
  const found = new Set(['README.md']);
  for (const guide of found) {
    for (const { path } of targetsOf(guide)) {
      const inside = path.endsWith('/') || !path.includes('.') ? [] : [path];
      for (const each of inside) if (each.endsWith('.md') && existsSync(ROOT + each)) found.add(each);
    }
  }
  const guidesInDocs = guides().filter((guide) => /^docs\/[^/]+\.md$/.test(guide));
  expect(guidesInDocs.filter((guide) => !found.has(guide))).toEqual([]);
});

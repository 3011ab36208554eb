import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Folders whose Markdown is ours to read, from the root; not below them. */
const FOLDERS = ['', 'docs/', 'docs/decisions/', 'bench/', 'observability/'];

/** Paths of all guides, from the root. */
export const guides = (): string[] =>
  FOLDERS.flatMap((folder) =>
    namesIn(folder)
      .filter((name) => name.endsWith('.md'))
      .map((name) => folder + name),
  );

export const textOf = (path: string): string => readFileSync(ROOT + path, 'utf8');

/** The code blocks of these languages, in order. */
export const blocksOf = (text: string, languages: readonly string[]): string[] =>
  [...text.matchAll(/^ *```(\w*)\n([\s\S]*?)^ *```$/gm)]
    .filter(([, language]) => languages.includes(language!))
    .map(([, , block]) => block!);

/** Without code blocks, in which `[x](y)` and `# x` are no links and headings. */
export const proseOf = (text: string): string => text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');

/** Names of headings as the address of a page has them, in the way of GitHub. */
export const anchorsOf = (text: string): Set<string> =>
  new Set(
    [...proseOf(text).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );

function namesIn(folder: string): string[] {
  try {
    return readdirSync(ROOT + folder);
  } catch {
    return []; // a folder that is not there has no guides
  }
}

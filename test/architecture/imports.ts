import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** One import of one file, both as paths from the root; packages keep their names. */
export interface Import {
  from: string;
  to: string;
}

const SPECIFIER = /(?<!\.)\b(?:from|import)\s*\(?\s*['"]([^'"\\]+)['"]/g;

/** All imports of all TypeScript files below `folders`: static, dynamic, re-exports, and of types alone. */
export function importsBelow(root: string, folders: readonly string[]): Import[] {
  return folders.flatMap((folder) => filesBelow(join(root, folder))).flatMap((file) => importsOf(root, file));
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => join(folder, name));
}

function importsOf(root: string, file: string): Import[] {
  const from = relative(root, file).split(sep).join('/');
  const specifiers = [...readFileSync(file, 'utf8').matchAll(SPECIFIER)].map((match) => match[1]!);
  return specifiers.map((specifier) => ({ from, to: target(root, file, specifier) }));
}

function target(root: string, file: string, specifier: string): string {
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (!specifier.startsWith('.')) return specifier;
  return relative(root, join(dirname(file), specifier))
    .split(sep)
    .join('/');
}

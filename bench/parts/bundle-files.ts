import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The bytes of a bundle: what Node reads when it starts, and what it reads when that is first needed. By what each
 * file imports, since the folder also has pieces of earlier builds.
 */
export function bundleBytes(entry: string): { atStart: number; later: number } {
  const atStart = new Set([entry]);
  for (const file of atStart) for (const each of importsIn(file, STATIC)) atStart.add(each);
  const later = new Set([...atStart].flatMap((file) => importsIn(file, DYNAMIC)));
  for (const file of later) for (const each of importsIn(file, EITHER)) later.add(each);
  return { atStart: bytesOf([...atStart]), later: bytesOf([...later].filter((file) => !atStart.has(file))) };
}

/** As esbuild writes them. */
const STATIC = /\b(?:from|import)"(\.\/[\w.-]+)"/g;
const DYNAMIC = /\bimport\("(\.\/[\w.-]+)"\)/g;
const EITHER = /\b(?:from|import)\(?"(\.\/[\w.-]+)"/g;

const importsIn = (file: string, pattern: RegExp): string[] =>
  [...readFileSync(file, 'utf8').matchAll(pattern)].map(([, name]) => join(dirname(file), name!));

const bytesOf = (files: readonly string[]): number =>
  files.reduce((sum, file) => sum + readFileSync(file).length, 0);

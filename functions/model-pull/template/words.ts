import { templateError } from './template-error.ts';

/** One word of an action. `path` has the names of `.Function.Name` or `$.Messages`, without the variable itself. */
export interface Word {
  kind: 'name' | 'field' | 'variable' | 'member' | 'literal' | 'dot' | 'sign';
  text: string;
  path: string[];
}

const FORMS: [Word['kind'] | 'space', RegExp][] = [
  ['space', /\s+/y],
  ['literal', /`[^`]*`|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)+'/y],
  ['literal', /[+-]?(?:0[xob][\da-f_]+|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)/iy],
  ['field', /(?:\.[\p{L}_][\p{L}\p{N}_]*)+/uy],
  ['variable', /\$[\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*/uy],
  ['dot', /\./y],
  ['name', /[\p{L}_][\p{L}\p{N}_]*/uy],
  ['sign', /:=|[=()|,]/y],
];

/** The words from `at` up to `}}`, and where that ends. @throws GatewayError `invalid_request`. */
export function wordsUpToEnd(source: string, at: number, open: number): { words: Word[]; end: number } {
  const words: Word[] = [];
  let place = at;
  for (;;) {
    const close = /^\s-\}\}|^\}\}/.exec(source.slice(place, place + 4));
    if (close) return { words, end: place + close[0].length };
    const [kind, text] = wordAt(source, place) ?? [];
    if (!kind || !text) throw templateError(`${problemAt(source, place)} in an action`, source, open);
    if (kind !== 'space') words.push(wordOf(kind, text, source[place - 1]));
    place += text.length;
  }
}

function wordAt(source: string, at: number): [Word['kind'] | 'space', string] | undefined {
  for (const [kind, form] of FORMS) {
    form.lastIndex = at;
    const found = form.exec(source)?.[0];
    if (found === undefined) continue;
    // The white space before `-}}` belongs to that.
    if (kind === 'space' && source.startsWith('-}}', at + found.length)) return spaceBefore(found);
    return [kind, found];
  }
  return undefined;
}

const spaceBefore = (space: string): ['space', string] | undefined =>
  space.length > 1 ? ['space', space.slice(0, -1)] : undefined;

function wordOf(kind: Word['kind'], text: string, before: string | undefined): Word {
  if (kind === 'variable') return { kind, text: text.split('.')[0]!, path: text.split('.').slice(1) };
  if (kind === 'field')
    return { kind: before === ')' ? 'member' : 'field', text, path: text.split('.').slice(1) };
  return { kind, text, path: [] };
}

function problemAt(source: string, at: number): string {
  if (at >= source.length) return 'the template ends';
  return `unexpected ${JSON.stringify(String.fromCodePoint(source.codePointAt(at)!))}`;
}

import { templateError } from './template-error.ts';
import { type Word, wordsUpToEnd } from './words.ts';

/** A piece of a Go template (reference: Go's text/template/parse); `start` and `end` are places in the source. */
export type Part =
  /** `text` is what comes out: without the white space that its neighbours trim. */
  | { kind: 'text'; text: string; start: number; end: number }
  | { kind: 'action'; words: Word[]; start: number; end: number };

/** Takes a template apart into text and actions; comments are gone. @throws GatewayError `invalid_request`. */
export function partsOf(source: string): Part[] {
  const parts: Part[] = [];
  let isTrimmed = false; // by the action before
  for (let at = 0; at < source.length; ) {
    const open = source.indexOf('{{', at);
    const end = open === -1 ? source.length : open;
    const trimsBefore = open !== -1 && /^-\s/.test(source.slice(open + 2, open + 4));
    const text = trimmed(source.slice(at, end), isTrimmed, trimsBefore);
    if (text !== '') parts.push({ kind: 'text', text, start: at, end });
    if (open === -1) break;
    const action = actionAt(source, open, trimsBefore);
    if (action.words) parts.push({ kind: 'action', words: action.words, start: open, end: action.end });
    isTrimmed = /\s-\}\}$/.test(source.slice(open, action.end));
    at = action.end;
  }
  return parts;
}

function trimmed(text: string, start: boolean, end: boolean): string {
  const rest = start ? text.replace(/^[ \t\r\n]+/, '') : text;
  return end ? rest.replace(/[ \t\r\n]+$/, '') : rest;
}

function actionAt(source: string, open: number, trimsBefore: boolean): { words?: Word[]; end: number } {
  const start = open + (trimsBefore ? 4 : 2);
  if (!source.startsWith('/*', start)) return wordsUpToEnd(source, start, open);
  const close = source.indexOf('*/', start);
  const after = /^(\s-)?\}\}/.exec(source.slice(close + 2, close + 6));
  if (close === -1 || !after) throw templateError('a comment is not closed', source, open);
  return { end: close + 2 + after[0].length };
}

import type { TemplateNode } from './parse-template.ts';
import type { Word } from './words.ts';

/** The tags between which a model thinks: `<think>` and `</think>`. */
export interface ThinkingTags {
  opening: string;
  closing: string;
}

/** All names that a template uses, in lower case: by these Ollama tells what a model can do. */
export function namesIn(nodes: readonly TemplateNode[]): Set<string> {
  const names = wordsIn(nodes).flatMap(({ path }) => path);
  return new Set(names.map((name) => name.toLowerCase()));
}

function wordsIn(nodes: readonly TemplateNode[]): Word[] {
  return nodes.flatMap((node) => {
    if (node.kind === 'text') return [];
    return node.kind === 'action'
      ? node.words
      : [...node.words, ...wordsIn(node.body), ...wordsIn(node.otherwise)];
  });
}

/**
 * Finds the tags as Ollama does: the texts at both ends of the innermost list that has `.Thinking`, within a
 * `range` over `.Messages` (reference: ollama/thinking/template.go `InferTags`).
 */
export function thinkingTagsOf(nodes: readonly TemplateNode[]): ThinkingTags | undefined {
  const tags: ThinkingTags = { opening: '', closing: '' };
  for (const list of listsWithThinking(nodes, false)) {
    const [first, last] = [list[0], list.at(-1)];
    if (first?.kind === 'text') tags.opening = first.text.trim();
    if (last?.kind === 'text') tags.closing = last.text.trim();
  }
  return tags.opening !== '' && tags.closing !== '' ? tags : undefined;
}

function listsWithThinking(list: readonly TemplateNode[], ofMessages: boolean): (readonly TemplateNode[])[] {
  return list.flatMap((node) => {
    if (node.kind === 'text') return [];
    const here = ofMessages && uses(node.words, 'Thinking') ? [list] : [];
    if (node.kind === 'action') return here;
    const inside = node.kind === 'range' ? uses(node.words, 'Messages') : ofMessages;
    return [...here, ...listsWithThinking(node.body, inside), ...listsWithThinking(node.otherwise, inside)];
  });
}

/** Whether `.Name` of the dot is among the words; `$.Name` does not count, as with Ollama. */
export const uses = (words: readonly Word[], name: string): boolean =>
  words.some(({ kind, path }) => kind === 'field' && path[0] === name);

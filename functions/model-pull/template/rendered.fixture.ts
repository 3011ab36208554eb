import { type BlockNode, parseTemplate, type TemplateNode } from './parse-template.ts';
import type { Word } from './words.ts';

interface Chat {
  messages: { role: string; content: string }[];
  think?: boolean;
}

/** What Go would make of a template, as far as the templates of our tests go. */
export function rendered(template: string, { messages, think }: Chat): string {
  const root = {
    Messages: messages.map(({ role, content }) => ({ Role: role, Content: content })),
    IsThinkSet: think !== undefined,
    Think: think === true,
  };
  return list(parseTemplate(template), root, new Map<string, unknown>([['$', root]]));
}

type Variables = Map<string, unknown>;

const list = (nodes: TemplateNode[], dot: unknown, variables: Variables): string =>
  nodes.map((node) => output(node, dot, variables)).join('');

function output(node: TemplateNode, dot: unknown, variables: Variables): string {
  if (node.kind === 'text') return node.text;
  if (node.kind === 'range') return loop(node, dot, variables);
  const value = pipeline(node.words, dot, variables);
  if (node.kind === 'action')
    return node.words.some(({ text }) => /^:?=$/.test(text)) ? '' : String(value ?? '');
  return list(isTrue(value) ? node.body : node.otherwise, dot, variables);
}

function loop(node: BlockNode, dot: unknown, variables: Variables): string {
  const at = node.words.findIndex(({ text }) => text === ':=');
  const names = node.words.slice(0, Math.max(at, 0)).filter(({ kind }) => kind === 'variable');
  const items = (pipeline(node.words.slice(at + 1), dot, variables) ?? []) as unknown[];
  const turns = items.map((item, index) => {
    if (names[0]) variables.set(names[0].text, names.length > 1 ? index : item);
    if (names[1]) variables.set(names[1].text, item);
    return list(node.body, item, variables);
  });
  return turns.join('');
}

function pipeline(words: Word[], dot: unknown, variables: Variables): unknown {
  const at = words.findIndex(({ text }) => text === ':=' || text === '=');
  const value = command([...words.slice(at + 1)], dot, variables);
  if (at > 0) variables.set(words[0]!.text, value);
  return value;
}

/** Takes the words of one command, up to its closing parenthesis. */
function command(words: Word[], dot: unknown, variables: Variables): unknown {
  const name = words[0]?.kind === 'name' ? words.shift()!.text : undefined;
  const values: unknown[] = [];
  for (let word = words.shift(); word && word.text !== ')'; word = words.shift()) {
    values.push(word.text === '(' ? command(words, dot, variables) : wordValue(word, dot, variables));
  }
  return name === undefined ? values[0] : FUNCTIONS[name]!(...(values as never[]));
}

function wordValue({ kind, text, path }: Word, dot: unknown, variables: Variables): unknown {
  if (kind === 'literal') return JSON.parse(text);
  const start = kind === 'variable' ? variables.get(text) : dot;
  return path.reduce((value, name) => (value as Record<string, unknown> | undefined)?.[name], start);
}

const FUNCTIONS: Record<string, (...values: never[]) => unknown> = {
  eq: (one: unknown, other: unknown) => one === other,
  ne: (one: unknown, other: unknown) => one !== other,
  gt: (one: number, other: number) => one > other,
  and: (...values: unknown[]) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values: unknown[]) => values.find(isTrue) ?? values.at(-1),
  not: (value: unknown) => !isTrue(value),
  len: (value: unknown[]) => value.length,
  slice: (value: unknown[], from: number) => value.slice(from),
};

const isTrue = (value: unknown) => (Array.isArray(value) ? value.length > 0 : Boolean(value));

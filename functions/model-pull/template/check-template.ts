import { parseTemplate, type TemplateNode } from './parse-template.ts';
import { templateError } from './template-error.ts';
import type { Word } from './words.ts';

/** What Ollama fills in (reference: ollama/template/template.go `Values`). */
const VARIABLES = new Set(
  'System Prompt Response Suffix Messages Tools Think ThinkLevel IsThinkSet Query Document Instruction'.split(
    ' ',
  ),
);

/** Go's own functions and Ollama's. */
const FUNCTIONS = new Set(
  `and or not len index slice print printf println html js urlquery call eq ne lt le gt ge
   json currentDate yesterdayDate toTypeScriptType`.split(/\s+/),
);
const KEYWORDS = new Set(['true', 'false', 'nil']);

interface Scope {
  variables: Set<string>;
  /** Whether the dot, and `$`, are what Ollama fills in, and not a message or what was handed to a `define`. */
  dotIsRoot: boolean;
  dollarIsRoot: boolean;
  inRange: boolean;
}

/**
 * Checks as much of a template as can be told without Go: its form, the names of its functions and variables, and
 * that it uses at top level only what Ollama fills in. What it does with values of a wrong type shows at run time.
 *
 * @throws GatewayError `invalid_request` with the line.
 */
export function checkTemplate(source: string): TemplateNode[] {
  const nodes = parseTemplate(source);
  new Checker(source).list(nodes, {
    variables: new Set(['$']),
    dotIsRoot: true,
    dollarIsRoot: true,
    inRange: false,
  });
  return nodes;
}

class Checker {
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  list(nodes: readonly TemplateNode[], outer: Scope): void {
    const scope = { ...outer, variables: new Set(outer.variables) };
    for (const node of nodes) this.#node(node, scope);
  }

  #node(node: TemplateNode, scope: Scope): void {
    if (node.kind === 'action') this.#action(node.words, scope, node.start);
    if (node.kind === 'text' || node.kind === 'action') return;
    const inner = { ...scope, variables: new Set(scope.variables) };
    if (node.kind !== 'define')
      this.#pipeline(node.kind === 'block' ? node.words.slice(1) : node.words, inner, node.start);
    this.list(node.otherwise, inner);
    this.list(node.body, bodyScope(node.kind, inner));
  }

  #action(words: Word[], scope: Scope, at: number): void {
    const [first, ...rest] = words;
    const keyword = first?.kind === 'name' ? first.text : undefined;
    if (keyword === 'break' || keyword === 'continue') {
      if (!scope.inRange || rest.length > 0) throw this.#error(`unexpected {{ ${keyword} }}`, at);
    } else {
      this.#pipeline(keyword === 'template' ? rest.slice(1) : words, scope, at);
    }
  }

  #pipeline(words: Word[], scope: Scope, at: number): void {
    const declares = words.findIndex(({ text }) => text === ':=');
    const used = declares === -1 ? words : words.slice(declares + 1);
    this.#parentheses(used, at);
    for (const word of used) this.#word(word, scope, at);
    for (const { kind, text } of words.slice(0, Math.max(declares, 0))) {
      if (kind === 'variable') scope.variables.add(text);
    }
  }

  #word({ kind, text, path: [name] }: Word, scope: Scope, at: number): void {
    if (kind === 'name' && !FUNCTIONS.has(text) && !KEYWORDS.has(text)) {
      throw this.#error(`function "${text}" is not defined`, at);
    }
    if (kind === 'variable' && !scope.variables.has(text))
      throw this.#error(`undefined variable "${text}"`, at);
    const isOfRoot =
      (kind === 'field' && scope.dotIsRoot) || (kind === 'variable' && text === '$' && scope.dollarIsRoot);
    if (isOfRoot && name !== undefined && !VARIABLES.has(name)) {
      throw this.#error(`Ollama fills in no .${name} there, only ${[...VARIABLES].join(', ')}`, at);
    }
  }

  #parentheses(words: Word[], at: number): void {
    let open = 0;
    for (const { text, kind } of words) {
      if (kind === 'sign' && text === '(') open += 1;
      if (kind === 'sign' && text === ')') open -= 1;
      if (open < 0) break;
    }
    if (open !== 0) throw this.#error('parentheses do not match', at);
  }

  #error(problem: string, at: number) {
    return templateError(problem, this.#source, at);
  }
}

function bodyScope(kind: 'if' | 'range' | 'with' | 'define' | 'block', scope: Scope): Scope {
  if (kind === 'if') return scope;
  if (kind === 'range') return { ...scope, dotIsRoot: false, inRange: true };
  if (kind === 'with') return { ...scope, dotIsRoot: false };
  return { variables: new Set(['$']), dotIsRoot: false, dollarIsRoot: false, inRange: false };
}

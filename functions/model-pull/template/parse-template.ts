import { type Part, partsOf } from './parts.ts';
import { templateError } from './template-error.ts';
import type { Word } from './words.ts';

export type TemplateNode = TextNode | ActionNode | BlockNode;
export type TextNode = Part & { kind: 'text' };
type ActionNode = Part & { kind: 'action' };
/** `words` without the keyword; `start` is that of its first action, `end` that of its `{{ end }}`. */
export interface BlockNode {
  kind: BlockKind;
  words: Word[];
  body: TemplateNode[];
  otherwise: TemplateNode[];
  start: number;
  end: number;
}
type BlockKind = 'if' | 'range' | 'with' | 'define' | 'block';

const BLOCKS = new Set<string>(['if', 'range', 'with', 'define', 'block'] satisfies BlockKind[]);
/** Deeper than in any model's template, and no depth at which a stack ends. */
const MOST_DEPTH = 64;

/**
 * The tree of a Go template: its actions closed, its blocks ended.
 *
 * @throws GatewayError `invalid_request` with the line.
 */
export const parseTemplate = (source: string): TemplateNode[] => new Parser(source).template();

class Parser {
  readonly #source: string;
  readonly #parts: Part[];
  #next = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    this.#parts = partsOf(source);
  }

  template(): TemplateNode[] {
    const nodes = this.#list();
    const rest = this.#parts[this.#next];
    if (rest?.kind === 'action') throw this.#error(`unexpected {{ ${rest.words[0]?.text} }}`, rest.start);
    return nodes;
  }

  /** Up to an `else`, an `end` or the end of all, which is left for the caller. */
  #list(): TemplateNode[] {
    const nodes: TemplateNode[] = [];
    for (let part = this.#parts[this.#next]; part && !isCloser(part); part = this.#parts[this.#next]) {
      this.#next += 1;
      nodes.push(part.kind === 'text' ? part : this.#actionOrBlock(part));
    }
    return nodes;
  }

  #actionOrBlock(action: ActionNode): TemplateNode {
    const [first, ...words] = action.words;
    if (!first) throw this.#error('an action is empty', action.start);
    return isBlockKind(first) ? this.#block(first.text, words, action.start) : action;
  }

  #block(kind: BlockKind, words: Word[], start: number): BlockNode {
    if (words.length === 0) throw this.#error(`{{ ${kind} }} says nothing`, start);
    this.#depth += 1;
    if (this.#depth > MOST_DEPTH) throw this.#error(`more than ${MOST_DEPTH} blocks in one another`, start);
    const body = this.#list();
    const otherwise = this.#otherwise(kind, start);
    this.#depth -= 1;
    return { kind, words, body, start, ...otherwise };
  }

  #otherwise(kind: BlockKind, start: number): Pick<BlockNode, 'otherwise' | 'end'> {
    const closer = this.#parts[this.#next];
    if (closer?.kind !== 'action') throw this.#error(`{{ ${kind} }} has no {{ end }}`, start);
    this.#next += 1;
    const [first, second, ...words] = closer.words;
    if (first!.text === 'end') return { otherwise: [], end: closer.end };
    if (kind === 'define' || kind === 'block') throw this.#error('unexpected {{ else }}', closer.start);
    if (second === undefined) {
      const otherwise = this.#list();
      return { otherwise, end: this.#end(kind, start) };
    }
    if (second.text !== 'if' && second.text !== 'with')
      throw this.#error('unexpected words after else', closer.start);
    const nested = this.#block(second.text, words, closer.start);
    return { otherwise: [nested], end: nested.end };
  }

  #end(kind: BlockKind, start: number): number {
    const closer = this.#parts[this.#next];
    if (closer?.kind !== 'action') throw this.#error(`{{ ${kind} }} has no {{ end }}`, start);
    if (closer.words[0]?.text !== 'end') throw this.#error('{{ else }} stands twice', closer.start);
    this.#next += 1;
    return closer.end;
  }

  #error(problem: string, at: number) {
    return templateError(problem, this.#source, at);
  }
}

const isBlockKind = (word: Word): word is Word & { text: BlockKind } =>
  word.kind === 'name' && BLOCKS.has(word.text);

const isCloser = (part: Part) =>
  part.kind === 'action' && part.words[0]?.kind === 'name' && ['else', 'end'].includes(part.words[0].text);

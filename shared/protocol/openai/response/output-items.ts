import type { ContentPiece } from '../../piece.ts';

type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

/** One item of a response's `output`. Reasoning is told as its summary: that is where SDKs look for it. */
export type OutputItem = { id: string; status: ItemStatus } & (
  | { type: 'reasoning'; summary: SummaryText[] }
  | { type: 'message'; role: 'assistant'; content: OutputText[] }
  | { type: 'function_call'; call_id: string; name: string; arguments: string }
);

interface SummaryText {
  type: 'summary_text';
  text: string;
}

interface OutputText {
  type: 'output_text';
  annotations: [];
  logprobs: [];
  text: string;
}

export const summaryText = (text: string): SummaryText => ({ type: 'summary_text', text });
export const outputText = (text: string): OutputText => ({
  type: 'output_text',
  annotations: [],
  logprobs: [],
  text,
});

/** What a piece has done to the items. */
interface Change {
  /** The item that is complete now. */
  closed: OutputItem | undefined;
  /** The item that begins with this piece, as yet without content. */
  opened: OutputItem | undefined;
}

/** An item that may grow. */
interface OpenItem {
  id: string;
  piece: ContentPiece;
  text: string;
}

/** Gathers an answer's pieces into items: a run of text, a run of thinking, each call of a tool. */
export class OutputItems {
  readonly #answerId: string;
  readonly #closed: OutputItem[] = [];
  #open: OpenItem | undefined;

  /** @param answerId makes the ids of the items unique. */
  constructor(answerId: string) {
    this.#answerId = answerId;
  }

  take(piece: ContentPiece): Change {
    if (this.#open && piece.type !== 'tool-call' && piece.type === this.#open.piece.type) {
      this.#open.text += piece.text;
      return { closed: undefined, opened: undefined };
    }
    const closed = this.close('completed');
    const id = `${PREFIXES[piece.type]}_${this.#answerId}_${this.index}`;
    this.#open = { id, piece, text: piece.type === 'tool-call' ? piece.arguments : piece.text };
    return { closed, opened: emptyItem(this.#open) };
  }

  /** Closes the item that may still grow, if there is one. */
  close(status: 'completed' | 'incomplete'): OutputItem | undefined {
    if (!this.#open) return undefined;
    const item = wholeItem(this.#open, status);
    this.#closed.push(item);
    this.#open = undefined;
    return item;
  }

  /** The place of the item that may still grow; without one, that of the next. */
  get index(): number {
    return this.#closed.length;
  }

  /** The id of the item that may still grow. */
  get openId(): string | undefined {
    return this.#open?.id;
  }

  get closed(): readonly OutputItem[] {
    return this.#closed;
  }
}

const PREFIXES = { text: 'msg', thinking: 'rs', 'tool-call': 'fc' } as const;

function emptyItem({ id, piece }: OpenItem): OutputItem {
  const shared = { id, status: 'in_progress' } as const;
  switch (piece.type) {
    case 'text':
      return { ...shared, type: 'message', role: 'assistant', content: [] };
    case 'thinking':
      return { ...shared, type: 'reasoning', summary: [] };
    case 'tool-call':
      return { ...shared, type: 'function_call', call_id: piece.id, name: piece.name, arguments: '' };
  }
}

function wholeItem(open: OpenItem, status: ItemStatus): OutputItem {
  const item = emptyItem(open);
  switch (item.type) {
    case 'message':
      return { ...item, status, content: [outputText(open.text)] };
    case 'reasoning':
      return { ...item, status, summary: [summaryText(open.text)] };
    case 'function_call':
      return { ...item, status: 'completed', arguments: open.text }; // a call comes whole or not at all
  }
}

import type { ToolCall } from '../prompt.ts';

/**
 * The tool calls of a turn that have no result yet. Each is found without a look at the others: of a few megabytes of
 * calls and results, each result looking at each call would take minutes.
 */
export class WaitingCalls {
  /** By id, by name, and all: the first one last, to be popped. A call stands in each until it comes to its turn there. */
  readonly #byId: ReadonlyMap<string, ToolCall[]>;
  readonly #byName: ReadonlyMap<string, ToolCall[]>;
  readonly #all: ToolCall[];
  readonly #answered = new Set<ToolCall>();

  constructor(calls: readonly ToolCall[]) {
    this.#all = calls.toReversed();
    this.#byId = Map.groupBy(this.#all, ({ id }) => id);
    this.#byName = Map.groupBy(this.#all, ({ name }) => name);
  }

  /** The call that this is the result of: by its id, else by the tool's name, else they come in order. */
  take(id: string | undefined, name: string | undefined): ToolCall | undefined {
    const calls = id ? this.#byId.get(id) : name ? this.#byName.get(name) : this.#all;
    let call = calls?.pop();
    while (call && this.#answered.has(call)) call = calls?.pop();
    if (call) this.#answered.add(call);
    return call;
  }
}

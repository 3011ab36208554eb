import { type Deferred, deferred } from '../fakes/ollama/deferred.ts';
import type { FakeOllama } from '../fakes/ollama/fake-ollama.ts';
import type { FakeModel } from '../fakes/ollama/models.ts';
import type { ModelInput, ReplyPiece } from '../fakes/ollama/replies.ts';

/** What the model is to do for one call. It travels in the prompt, so that both sides of the gateway know the call by its name. */
export interface Script {
  call: string;
  /** So many pieces at once, each of which is a token. */
  says: number;
  /** Nothing more before this gate opens; one that never opens makes the model hang. */
  gate?: string;
  /** Pieces after the gate. */
  more?: number;
  everyMs?: number;
  /** Characters that each piece is longer than it need be. */
  padding?: number;
}

/** One piece of text: no other text of an answer contains it, and by its length too it counts as one token. */
export const PIECE = 'zig';

/** A model that says what its prompt tells it to, and no piece before it may. */
export class Stage {
  /** One for each kind of upstream: native calls and those of `/v1` make Ollama load a model with different settings. */
  readonly models: FakeModel[] = ['scripted-natively:latest', 'scripted-by-v1:latest'].map((name) => ({
    name,
    reply: (input) => this.#reply(input),
  }));
  readonly #gates = new Map<string, Deferred<void>>();

  /** Lets all calls on that wait at this gate, or come to it later. */
  open(gate: string): void {
    this.#gate(gate).resolve();
  }

  #gate(name: string): Deferred<void> {
    const gate = this.#gates.get(name) ?? deferred<void>();
    this.#gates.set(name, gate);
    return gate;
  }

  #reply({ messages }: ModelInput) {
    const { says, gate, more = 0, everyMs = 0, padding = 0 } = JSON.parse(messages.at(-1)!.content) as Script;
    const pieces = (count: number): ReplyPiece[] => Array(count).fill({ text: PIECE + ' '.repeat(padding) });
    const wait: ReplyPiece[] = gate === undefined ? [] : [{ until: this.#gate(gate).promise }];
    return { pieces: [...pieces(says), ...wait, ...pieces(more)], delayPerChunkMs: everyMs };
  }
}

/** The tokens that the upstream made for each call, whether or not anybody still read them. */
export function producedBy(fake: Pick<FakeOllama, 'requests'>): Map<string, number> {
  const produced = new Map<string, number>();
  for (const { body, outputTokens } of fake.requests) {
    const [message] = (body.messages ?? []) as { content: string }[];
    if (!message?.content.startsWith('{')) continue;
    const { call } = JSON.parse(message.content) as Script;
    produced.set(call, (produced.get(call) ?? 0) + outputTokens);
  }
  return produced;
}

import type { Usage } from '../piece.ts';
import { readUsage } from './usage.ts';

/** What we read of a chunk; of an upstream nothing is sure. */
export interface Chunk {
  choices?: unknown;
  usage?: unknown;
  error?: unknown;
}

interface Choice {
  index?: unknown;
  delta?: unknown;
  finish_reason?: unknown;
}

/** Looks on while a chat stream passes: has it begun, has it finished, what did it use. */
export class ChatMeter {
  /** How many choices were asked for; an upstream may know only one. */
  readonly #choices: number;
  readonly #seen = new Set<unknown>();
  readonly #finished = new Set<unknown>();
  usage: Usage | undefined;
  reason = 'stop';
  /** Some of what a reader would see has come. */
  begun = false;

  constructor(choices: number) {
    this.#choices = choices;
  }

  look({ choices, usage }: Chunk): void {
    if (usage != null) this.usage = readUsage(usage) ?? this.usage;
    for (const choice of listOf(choices)) this.#lookAt(choice ?? {});
  }

  /** One answer, of which some has come and nothing is finished: what most frames find. */
  get isUnderWay(): boolean {
    return this.#choices === 1 && this.begun && this.#finished.size === 0;
  }

  /** As far as one can know: some upstreams give one choice whatever was asked, some give one after the other. */
  get isFinished(): boolean {
    const finished = this.#finished.size;
    return finished > 0 && (finished >= this.#choices || finished === this.#seen.size);
  }

  #lookAt({ index, delta, finish_reason: reason }: Choice): void {
    this.begun ||= hasContent(delta);
    this.#seen.add(index ?? 0);
    if (typeof reason !== 'string') return;
    this.#finished.add(index ?? 0);
    this.reason = reason;
  }
}

/** A chunk that tells the usage and nothing else. */
export const isUsageAlone = ({ choices, usage }: Chunk) => usage != null && listOf(choices).length === 0;

const listOf = (choices: unknown) => (Array.isArray(choices) ? (choices as (Choice | null)[]) : []);

/** A role alone, an empty string or an empty list is no content yet. */
const hasContent = (delta: unknown) =>
  typeof delta === 'object' &&
  delta !== null &&
  Object.entries(delta).some(
    ([key, value]) => key !== 'role' && value != null && value !== '' && !isEmptyList(value),
  );

const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0;

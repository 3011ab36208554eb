import type { ReportedUsage } from '../piece.ts';
import { ProducedCount } from '../produced.ts';
import { CHAT_CHUNK, type ChunkForm } from './chunk-form.ts';
import { charactersOf, hasContent, isLump } from './delta.ts';
import { readUsageOfChunk } from './usage.ts';

/** What we read of a chunk; of an upstream nothing is sure. */
export interface Chunk {
  id?: unknown;
  object?: unknown;
  created?: unknown;
  model?: unknown;
  choices?: unknown;
  usage?: unknown;
  error?: unknown;
}

interface Choice {
  index?: unknown;
  delta?: unknown;
  text?: unknown;
  finish_reason?: unknown;
}

/** Looks on while a stream of chunks passes: what has been produced, has it finished, what did it use. */
export class ChatMeter {
  /** How many choices were asked for; an upstream may know only one. */
  readonly #choices: number;
  readonly #form: ChunkForm;
  readonly #seen = new Set<unknown>();
  readonly #finished = new Set<unknown>();
  readonly produced: ProducedCount;
  usage: ReportedUsage | undefined;
  reason = 'stop';
  /** The first chunk with a choice: what it says of the answer, all others say too. */
  first: Chunk | undefined;

  constructor(choices: number, now: () => number, form: ChunkForm = CHAT_CHUNK) {
    this.#choices = choices;
    this.#form = form;
    this.produced = new ProducedCount(now);
  }

  look(chunk: Chunk): void {
    const choices = listOf(chunk.choices);
    this.usage = readUsageOfChunk(chunk.usage, choices.length > 0) ?? this.usage;
    if (choices.length > 0) this.first ??= chunk;
    for (const choice of choices) this.#lookAt(choice ?? {});
  }

  /** Counts a frame that by its looks is one more piece; false when it has to be parsed and looked at. */
  glance(frame: Buffer): boolean {
    const isUnderWay = this.#choices === 1 && this.begun && this.#finished.size === 0;
    const characters = isUnderWay ? this.#form.charactersAtAGlance(frame) : undefined;
    if (characters === undefined) return false;
    if (characters > 0) this.produced.piece(characters);
    return true;
  }

  /** Some of what a reader would see has come. */
  get begun(): boolean {
    return this.produced.pieces > 0;
  }

  /** As far as one can know: some upstreams give one choice whatever was asked, some give one after the other. */
  get isFinished(): boolean {
    const finished = this.#finished.size;
    return finished > 0 && (finished >= this.#choices || finished === this.#seen.size);
  }

  /** The choices that have begun and have no end; an answer has at least one. */
  get unfinished(): unknown[] {
    const seen = this.#seen.size > 0 ? [...this.#seen] : [0];
    return seen.filter((index) => !this.#finished.has(index));
  }

  #lookAt(choice: Choice): void {
    const { index, finish_reason: reason } = choice;
    const content = this.#form.contentOf(choice);
    if (hasContent(content)) {
      if (isLump(content)) this.produced.lump(charactersOf(content));
      else this.produced.piece(charactersOf(content));
    }
    this.#seen.add(index ?? 0);
    if (typeof reason !== 'string') return;
    this.#finished.add(index ?? 0);
    this.reason = reason;
  }
}

/** A chunk that tells the usage and nothing else. */
export const isUsageAlone = ({ choices, usage }: Chunk) => usage != null && listOf(choices).length === 0;

const listOf = (choices: unknown) => (Array.isArray(choices) ? (choices as (Choice | null)[]) : []);

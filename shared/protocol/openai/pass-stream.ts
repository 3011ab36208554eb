import { GatewayError } from '#shared/errors.ts';
import type { Ending, Passage } from '../passage.ts';
import type { Usage } from '../piece.ts';
import { openaiFailure } from './failure.ts';
import { endOfFrame, eventText, isOneMorePiece } from './sse-frame.ts';
import { readUsage } from './usage.ts';

const FRAME_LIMIT_BYTES = 8 * 1024 * 1024;
const KEPT_LIMIT_BYTES = 8 * 1024 * 1024;
const EMPTY = Buffer.alloc(0);
const END_OF_FRAME = Buffer.from('\n\n');

/** What we read of a chunk; of an upstream nothing is sure. */
interface Chunk {
  choices?: unknown;
  usage?: unknown;
  error?: unknown;
}

interface Choice {
  index?: unknown;
  delta?: unknown;
  finish_reason?: unknown;
}

/**
 * Lets an upstream's chat stream through byte for byte while a meter looks on.
 *
 * Frames go out whole, so that a cut upstream never leaves half of one with the caller. From the chunk
 * that finishes the last choice on they are held, and the usage chunk is dropped unless the caller asked
 * for it (we always ask the upstream).
 */
export class PassedStream implements Passage {
  readonly #streamUsage: boolean;
  /** How many choices were asked for; an upstream may know only one. */
  readonly #choices: number;
  readonly #seen = new Set<unknown>();
  readonly #finished = new Set<unknown>();
  #rest: Buffer = EMPTY;
  /** Complete frames that may not go out yet: those before the first content, and those from the finish on. */
  readonly #kept: Buffer[] = [];
  #keptBytes = 0;
  #usage: Usage | undefined;
  #reason = 'stop';
  begun = false;
  ending: Ending | undefined;

  constructor(call: { streamUsage: boolean; choices: number }) {
    this.#streamUsage = call.streamUsage;
    this.#choices = call.choices;
  }

  read(chunk: Buffer): Buffer {
    if (this.ending) return EMPTY;
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const out: Buffer[] = [];
    let start = 0;
    for (let end = endOfFrame(bytes, start); end > 0 && !this.ending; end = endOfFrame(bytes, start)) {
      this.#pass(bytes.subarray(start, end), out);
      start = end;
    }
    this.#rest = bytes.subarray(start);
    if (this.#rest.length > FRAME_LIMIT_BYTES) this.#fail('The upstream sent an event that is too long.');
    return out.length === 1 ? out[0]! : Buffer.concat(out);
  }

  end(): Buffer {
    if (this.#rest.length > 0) this.read(END_OF_FRAME); // some end with a `[DONE]` that no blank line follows
    if (!this.ending) this.#fail('The upstream ended its answer before it was complete.');
    return EMPTY;
  }

  #pass(frame: Buffer, out: Buffer[]): void {
    if (this.#isUnderWay && isOneMorePiece(frame)) {
      out.push(frame);
      return;
    }
    const text = eventText(frame);
    if (text.length < 16 && text.trim() === '[DONE]') {
      const held = Buffer.concat([...this.#kept, frame]);
      this.ending = { kind: 'finished', held, usage: this.#usage, reason: this.#reason };
      return;
    }
    const chunk = text === '' ? {} : this.#parse(text);
    if (this.ending || this.#meter(chunk)) return;
    if (this.begun && !this.#isFinished) out.push(...this.#takeKept(), frame);
    else this.#keep(frame);
  }

  /** Looks on; true when this frame is for us alone. */
  #meter({ choices, usage }: Chunk): boolean {
    const list = Array.isArray(choices) ? (choices as (Choice | null)[]) : [];
    if (usage != null) this.#usage = readUsage(usage) ?? this.#usage;
    for (const choice of list) this.#look(choice ?? {});
    return list.length === 0 && usage != null && !this.#streamUsage;
  }

  #look({ index, delta, finish_reason: reason }: Choice): void {
    this.begun ||= hasContent(delta);
    this.#seen.add(index ?? 0);
    if (typeof reason !== 'string') return;
    this.#finished.add(index ?? 0);
    this.#reason = reason;
  }

  /** One answer, of which some is out and nothing is finished. */
  get #isUnderWay(): boolean {
    return this.#choices === 1 && this.begun && this.#finished.size === 0 && this.#kept.length === 0;
  }

  /** As far as one can know: some upstreams give one choice whatever was asked, some give one after the other. */
  get #isFinished(): boolean {
    const finished = this.#finished.size;
    return finished > 0 && (finished >= this.#choices || finished === this.#seen.size);
  }

  #keep(frame: Buffer): void {
    this.#kept.push(frame);
    this.#keptBytes += frame.length;
    if (this.#keptBytes > KEPT_LIMIT_BYTES) this.#fail('The upstream sent too much that is no answer.');
  }

  #takeKept(): Buffer[] {
    this.#keptBytes = 0;
    return this.#kept.splice(0);
  }

  #parse(text: string): Chunk {
    try {
      const chunk: unknown = JSON.parse(text);
      if (typeof chunk === 'object' && chunk !== null) {
        if ('error' in chunk && chunk.error) this.#end(openaiFailure(undefined, text));
        return chunk;
      }
    } catch {
      // falls through: the same failure as JSON that is no object
    }
    this.#fail('The upstream sent an event that is not JSON.');
    return {};
  }

  #fail(message: string): void {
    this.#end(new GatewayError('upstream_error', message));
  }

  #end(error: GatewayError): void {
    this.ending ??= { kind: 'failed', error };
  }
}

/** A role alone, an empty string or an empty list is no content yet. */
const hasContent = (delta: unknown) =>
  typeof delta === 'object' &&
  delta !== null &&
  Object.entries(delta).some(
    ([key, value]) => key !== 'role' && value != null && value !== '' && !isEmptyList(value),
  );

const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0;

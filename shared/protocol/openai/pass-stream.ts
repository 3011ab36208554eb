import { GatewayError } from '#shared/errors.ts';
import type { Ending, Passage } from '../passage.ts';
import type { Usage } from '../piece.ts';
import { openaiFailure } from './failure.ts';
import { readUsage } from './usage.ts';

const FRAME_LIMIT_BYTES = 8 * 1024 * 1024;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const EMPTY = Buffer.alloc(0);
const END_OF_FRAME = Buffer.from('\n\n');

interface Chunk {
  choices?: { delta?: object; finish_reason?: unknown }[];
  usage?: unknown;
  error?: unknown;
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
  #unfinishedChoices: number;
  #rest: Buffer = EMPTY;
  /** Complete frames that may not go out yet: those before the first content, and those from the finish on. */
  readonly #kept: Buffer[] = [];
  #usage: Usage | undefined;
  #reason = 'stop';
  begun = false;
  ending: Ending | undefined;

  constructor(call: { streamUsage: boolean; choices: number }) {
    this.#streamUsage = call.streamUsage;
    this.#unfinishedChoices = call.choices;
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
    const text = eventText(frame);
    if (text === '[DONE]') {
      const held = Buffer.concat([...this.#kept, frame]);
      this.ending = { kind: 'finished', held, usage: this.#usage, reason: this.#reason };
      return;
    }
    const chunk = text === '' ? {} : this.#parse(text);
    if (this.ending) return;
    if (this.#meter(chunk)) return;
    if (!this.begun || this.#unfinishedChoices <= 0) this.#kept.push(frame);
    else out.push(...this.#kept.splice(0), frame);
  }

  /** Looks on; true when this frame is for us alone. */
  #meter(chunk: Chunk): boolean {
    const { choices = [], usage } = chunk;
    if (usage != null) this.#usage = readUsage(usage) ?? this.#usage;
    for (const choice of choices) {
      if (hasContent(choice.delta)) this.begun = true;
      if (typeof choice.finish_reason !== 'string') continue;
      this.#unfinishedChoices -= 1;
      this.#reason = choice.finish_reason;
    }
    return choices.length === 0 && usage != null && !this.#streamUsage;
  }

  #parse(text: string): Chunk {
    try {
      const chunk: unknown = JSON.parse(text);
      if (typeof chunk === 'object' && chunk !== null) {
        if ('error' in chunk && chunk.error != null) this.#end(openaiFailure(undefined, text));
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

/** The index after the blank line that ends the frame which starts at `from`, or -1 when it is not complete. */
function endOfFrame(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(NEWLINE, from); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
    if (bytes[at + 1] === NEWLINE) return at + 2;
    if (bytes[at + 1] === CARRIAGE_RETURN && bytes[at + 2] === NEWLINE) return at + 3;
  }
  return -1;
}

/** The frame's data; comments and other fields are none of our business. */
function eventText(frame: Buffer): string {
  let text = '';
  for (const line of frame.toString('utf8').split(/\r?\n/)) {
    if (line.startsWith('data:')) text += line.slice(line[5] === ' ' ? 6 : 5);
  }
  return text;
}

/** A role alone, or an empty string, is no content yet. */
const hasContent = (delta: object | undefined) =>
  delta !== undefined &&
  Object.entries(delta).some(([key, value]) => key !== 'role' && value != null && value !== '');

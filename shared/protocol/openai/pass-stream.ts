import { GatewayError } from '#shared/errors.ts';
import type { Ending, Measuring, Passage } from '../passage.ts';
import type { ReportedUsage } from '../piece.ts';
import type { Produced } from '../produced.ts';
import { ChatMeter, type Chunk, isUsageAlone } from './chat-meter.ts';
import { CHAT_CHUNK, type ChunkForm, type StreamWishes } from './chunk-form.ts';
import { cutEnding } from './cut-ending.ts';
import { openaiFailure } from './failure.ts';
import { eventText, FrameSplitter } from './sse-frame.ts';

const FRAME_LIMIT_BYTES = 8 * 1024 * 1024;
const KEPT_LIMIT_BYTES = 8 * 1024 * 1024;
const EMPTY = Buffer.alloc(0);
const END_OF_FRAME = Buffer.from('\n\n');

/**
 * Lets an upstream's stream of chunks through byte for byte while a meter looks on.
 *
 * Frames go out whole, so that a cut upstream never leaves half of one with the caller. From the chunk
 * that finishes the last choice on they are held, and the usage chunk is dropped unless the caller asked
 * for it (we always ask the upstream).
 */
export class PassedStream implements Passage {
  readonly #streamUsage: boolean;
  readonly #form: ChunkForm;
  readonly #measuring: Measuring;
  readonly #meter: ChatMeter;
  readonly #frames = new FrameSplitter();
  /** Complete frames that may not go out yet: those before the first content, and those from the finish on. */
  readonly #kept: Buffer[] = [];
  #keptBytes = 0;
  ending: Ending | undefined;

  constructor({ streamUsage, choices, form = CHAT_CHUNK }: StreamWishes, measuring: Measuring) {
    this.#streamUsage = streamUsage;
    this.#form = form;
    this.#measuring = measuring;
    this.#meter = new ChatMeter(choices, measuring.now, form);
  }

  get begun(): boolean {
    return this.#meter.begun;
  }

  get produced(): Produced {
    return this.#meter.produced;
  }

  /** Before the finish a usage is a running total at best, and zeros at worst. */
  get reported(): ReportedUsage | undefined {
    return this.#meter.isFinished || this.ending?.kind === 'finished' ? this.#meter.usage : undefined;
  }

  read(chunk: Buffer): Buffer {
    if (this.ending) return EMPTY;
    const out: Buffer[] = [];
    for (const frame of this.#frames.split(chunk)) {
      if (this.ending) break;
      this.#pass(frame, out);
    }
    if (this.#frames.restBytes > FRAME_LIMIT_BYTES)
      this.#fail('The upstream sent an event that is too long.');
    return out.length === 1 ? out[0]! : Buffer.concat(out);
  }

  end(): Buffer {
    if (this.#frames.restBytes > 0) this.read(END_OF_FRAME); // some end with a `[DONE]` that no blank line follows
    if (!this.ending) this.#fail('The upstream ended its answer before it was complete.');
    return EMPTY;
  }

  cut(): void {
    if (this.ending) return;
    const measured = this.#measure(this.reported);
    const usage = this.#streamUsage ? measured.usage : undefined;
    const held = cutEnding(this.#kept, this.#meter, usage, this.#form);
    const reason = this.#meter.unfinished.length > 0 ? 'length' : this.#meter.reason;
    this.ending = { kind: 'finished', held, measured, reason, isCut: true };
  }

  get #isOver(): boolean {
    return this.produced.pieces > this.#measuring.mostPieces;
  }

  #pass(frame: Buffer, out: Buffer[]): void {
    if (this.#kept.length === 0 && this.#meter.glance(frame)) {
      if (this.#isOver) this.cut();
      else out.push(frame);
      return;
    }
    const text = eventText(frame);
    if (text.length < 16 && text.trim() === '[DONE]') {
      const { usage, reason } = this.#meter;
      const held = Buffer.concat([...this.#kept, frame]);
      this.ending = { kind: 'finished', held, measured: this.#measure(usage), reason, isCut: false };
      return;
    }
    const chunk = text === '' ? {} : this.#parse(text);
    if (this.ending) return;
    this.#meter.look(chunk);
    if (this.#isOver) {
      this.cut();
      return;
    }
    if (isUsageAlone(chunk) && !this.#streamUsage) return;
    if (this.begun && !this.#meter.isFinished) out.push(...this.#takeKept(), frame);
    else this.#keep(frame);
  }

  #measure(reported: ReportedUsage | undefined) {
    return this.#measuring.measure(reported, this.produced);
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

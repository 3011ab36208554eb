import { eventText, FrameSplitter } from './sse-frame.ts';

const LIMIT_BYTES = 8 * 1024 * 1024;
const OPEN_BRACE = 0x7b;
/** Line ends, blanks and the byte order mark: some services send them while they have nothing to say yet. */
const NOTHING: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d, 0x20, 0xef, 0xbb, 0xbf]);
const END_OF_FRAME = Buffer.from('\n\n');

/**
 * Reads the texts of a stream's events, in whatever chunks the bytes come. A body that is one JSON object,
 * though a stream was asked for, is one event.
 */
export class EventReader {
  #form: 'unknown' | 'events' | 'object' = 'unknown';
  readonly #frames = new FrameSplitter();
  readonly #object: Buffer[] = [];
  #objectBytes = 0;

  /** The events that this chunk completes. */
  read(chunk: Buffer): string[] {
    if (this.#form === 'events') return this.#split(chunk);
    if (this.#form === 'object') return this.#gather(chunk);
    const first = chunk.findIndex((byte) => !NOTHING.has(byte));
    if (first < 0) return [];
    this.#form = chunk[first] === OPEN_BRACE ? 'object' : 'events';
    return this.read(chunk.subarray(first));
  }

  /** Those that the end of the bytes completes: the last one may lack its blank line. */
  end(): string[] {
    if (this.#form === 'object') return [Buffer.concat(this.#object).toString('utf8')];
    return this.#frames.restBytes > 0 ? this.#split(END_OF_FRAME) : [];
  }

  /** What has come is longer than any honest event. */
  get isOverlong(): boolean {
    return this.#frames.restBytes > LIMIT_BYTES || this.#objectBytes > LIMIT_BYTES;
  }

  #split(chunk: Buffer): string[] {
    return this.#frames
      .split(chunk)
      .map(eventText)
      .filter((text) => text !== '');
  }

  #gather(chunk: Buffer): string[] {
    this.#objectBytes += chunk.length;
    if (!this.isOverlong) this.#object.push(chunk);
    return [];
  }
}

import { GatewayError } from '#shared/errors.ts';
import type { Ending, Measuring, Passage } from '../../passage.ts';
import type { ReportedUsage } from '../../piece.ts';
import { ProducedCount } from '../../produced.ts';
import { vectorsTooLong } from '../../vectors-too-long.ts';
import { openaiFailure } from '../failure.ts';
import { readUsage } from '../usage.ts';

/** About 2,000 vectors of 4,096 numbers. */
const BODY_LIMIT_BYTES = 32 * 1024 * 1024;

/** Lets an upstream's vectors through byte for byte, held until they are complete and settled. */
export class PassedEmbeddings implements Passage {
  readonly #texts: number;
  readonly #limitBytes: number;
  readonly #measuring: Measuring;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  /** Nothing: a vector is no output. */
  readonly produced: ProducedCount;
  begun = false;
  reported: ReportedUsage | undefined;
  ending: Ending | undefined;

  /** @param texts how many were sent. */
  constructor(measuring: Measuring, texts: number, limitBytes = BODY_LIMIT_BYTES) {
    this.#texts = texts;
    this.#measuring = measuring;
    this.#limitBytes = limitBytes;
    this.produced = new ProducedCount(measuring.now);
  }

  read(chunk: Buffer): '' {
    if (this.ending) return '';
    this.#bytes += chunk.length;
    if (this.#bytes > this.#limitBytes) this.ending = { kind: 'failed', error: vectorsTooLong(this.#texts) };
    else this.#chunks.push(chunk);
    return '';
  }

  end(): '' {
    this.ending ??= this.#finished();
    return '';
  }

  /** A whole answer cannot be cut, only ended: what has come has come. */
  cut(): void {
    this.end();
  }

  #finished(): Ending {
    const held = Buffer.concat(this.#chunks);
    const text = held.toString('utf8');
    const { data, usage, error } = parse(text);
    if (error) return { kind: 'failed', error: openaiFailure(undefined, text) };
    if (!Array.isArray(data)) return failed('The upstream sent an answer that is no list of vectors.');
    this.begun = true;
    // That nothing was generated is a fact here, which no upstream reports.
    const prompt = readUsage(usage)?.prompt;
    this.reported = { output: 0, ...(prompt !== undefined && { prompt }) };
    const measured = this.#measuring.measure(this.reported, this.produced);
    return { kind: 'finished', held, measured, reason: 'stop', isCut: false };
  }
}

/** What we read of an answer; of an upstream nothing is sure. */
interface Answer {
  data?: unknown;
  usage?: unknown;
  error?: unknown;
}

function parse(text: string): Answer {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

const failed = (message: string): Ending => ({
  kind: 'failed',
  error: new GatewayError('upstream_error', message),
});

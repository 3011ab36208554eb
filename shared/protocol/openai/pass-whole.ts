import { GatewayError } from '#shared/errors.ts';
import type { Ending, Measuring, Passage } from '../passage.ts';
import type { ReportedUsage } from '../piece.ts';
import { ProducedCount } from '../produced.ts';
import { charactersOf, hasContent } from './delta.ts';
import { openaiFailure } from './failure.ts';
import { readUsage } from './usage.ts';

/** A hundred callers may wait for such an answer at once. */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

/** What of a choice bears its content, in the words of a chat's message. */
type ContentOf = (choice: { message?: unknown; text?: unknown }) => unknown;

/** Lets an upstream's whole completion (of a chat, unless told otherwise) through byte for byte, held until it is complete and settled. */
export class PassedWhole implements Passage {
  readonly #chunks: Buffer[] = [];
  readonly #measuring: Measuring;
  readonly #contentOf: ContentOf;
  /** Nothing until the end: how much half a body is, nobody can say. */
  readonly produced: ProducedCount;
  #bytes = 0;
  begun = false;
  reported: ReportedUsage | undefined;
  ending: Ending | undefined;

  constructor(measuring: Measuring, contentOf: ContentOf = ({ message }) => message) {
    this.#measuring = measuring;
    this.#contentOf = contentOf;
    this.produced = new ProducedCount(measuring.now);
  }

  read(chunk: Buffer): '' {
    if (this.ending) return '';
    // An upstream sends a whole answer when it has made it; what is no JSON, such as a portal's page, was no work.
    if (this.#bytes === 0) this.begun = /^\s*\{/.test(chunk.toString('latin1', 0, 64));
    this.#bytes += chunk.length;
    if (this.#bytes > BODY_LIMIT_BYTES) this.ending = failed('The upstream sent an answer that is too long.');
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
    const { choices, usage, error } = parse(text);
    if (error) return { kind: 'failed', error: openaiFailure(undefined, text) };
    const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
    if (typeof choice !== 'object' || choice === null)
      return failed('The upstream sent an answer that is not a chat completion.');
    const reason = 'finish_reason' in choice ? choice.finish_reason : undefined;
    // Ollama answers so when its runner broke off: the words are there, and look like all of them.
    if (reason === null) return failed('The upstream ended its answer before it was complete.');
    this.#count(choices as unknown[]);
    this.reported = readUsage(usage);
    return {
      kind: 'finished',
      held,
      measured: this.#measuring.measure(this.reported, this.produced),
      reason: typeof reason === 'string' ? reason : 'stop',
      isCut: false,
    };
  }

  #count(choices: unknown[]): void {
    for (const choice of choices) {
      const content = this.#contentOf((choice ?? {}) as Parameters<ContentOf>[0]);
      if (hasContent(content)) this.produced.lump(charactersOf(content));
    }
  }
}

/** What we read of a completion; of an upstream nothing is sure. */
interface Completion {
  choices?: unknown;
  usage?: unknown;
  error?: unknown;
}

function parse(text: string): Completion {
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

import { GatewayError } from '#shared/errors.ts';
import type { Ending, Passage } from '../passage.ts';
import { openaiFailure } from './failure.ts';
import { readUsage } from './usage.ts';

/** A hundred callers may wait for such an answer at once. */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

/** Lets an upstream's whole chat completion through byte for byte, held until it is complete and settled. */
export class PassedWhole implements Passage {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  begun = false;
  ending: Ending | undefined;

  read(chunk: Buffer): '' {
    if (this.ending) return '';
    this.begun = true; // an upstream sends a whole answer when it has made it
    this.#bytes += chunk.length;
    if (this.#bytes > BODY_LIMIT_BYTES) this.ending = failed('The upstream sent an answer that is too long.');
    else this.#chunks.push(chunk);
    return '';
  }

  end(): '' {
    this.ending ??= this.#finished();
    return '';
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
    return {
      kind: 'finished',
      held,
      usage: readUsage(usage),
      reason: typeof reason === 'string' ? reason : 'stop',
    };
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

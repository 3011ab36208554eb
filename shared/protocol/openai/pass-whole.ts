import { GatewayError } from '#shared/errors.ts';
import type { Ending, Passage } from '../passage.ts';
import { readUsage } from './usage.ts';

const BODY_LIMIT_BYTES = 64 * 1024 * 1024;

/** Lets an upstream's whole chat completion through byte for byte, held until it is complete and settled. */
export class PassedWhole implements Passage {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  begun = false;
  ending: Ending | undefined;

  read(chunk: Buffer): '' {
    if (this.ending) return '';
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
    const body = parse(held);
    if (!body?.choices) return failed('The upstream sent an answer that is not a chat completion.');
    const reason = body.choices.at(0)?.finish_reason;
    return {
      kind: 'finished',
      held,
      usage: readUsage(body.usage),
      reason: typeof reason === 'string' ? reason : 'stop',
    };
  }
}

interface Completion {
  choices?: { finish_reason?: unknown }[];
  usage?: unknown;
}

function parse(bytes: Buffer): Completion | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const failed = (message: string): Ending => ({
  kind: 'failed',
  error: new GatewayError('upstream_error', message),
});

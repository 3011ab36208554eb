import type { IncomingMessage } from 'node:http';
import { GatewayError } from '#shared/errors.ts';
import { smallBody } from './small-body.ts';

/** Of a registry's own words; the rest is not for a line of progress. */
const MOST_CHARACTERS = 300;
const LIMIT_BYTES = 64 * 1024;

/** Statuses below 500 that may not be the same the next time; storage says 403 also to an address that has just ended. */
const PASSING = new Set([403, 408, 425, 429]);

/**
 * What an answer means that is not what was asked for.
 *
 * @param doing such as `pull model manifest`, as Ollama begins these messages.
 * @throws the signal's reason.
 */
export async function refusalOf(
  answer: IncomingMessage,
  doing: string,
  limits: { timeoutMs: number; signal: AbortSignal },
): Promise<GatewayError> {
  const words = await wordsOf(answer, limits);
  const status = answer.statusCode!;
  return new GatewayError('upstream_error', `${doing}: ${status}${words && `: ${words}`}`, {
    shouldRetry: status >= 500 || PASSING.has(status),
  });
}

async function wordsOf(
  answer: IncomingMessage,
  limits: { timeoutMs: number; signal: AbortSignal },
): Promise<string> {
  try {
    const body = await smallBody(answer, { limitBytes: LIMIT_BYTES, ...limits });
    return cleaned(body.toString('utf8'));
  } catch (error) {
    if (error instanceof GatewayError) return ''; // the status says more than why its body cannot be read
    throw error;
  }
}

/** On one line, without what moves cursors or turns the order of letters. */
const cleaned = (text: string): string =>
  text
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, MOST_CHARACTERS)
    .toWellFormed();

import type { IncomingHttpHeaders } from 'node:http';
import type { Exchange } from '#shared/http/exchange.ts';
import type { RunningOllama } from '../child/state.ts';
import type { AnswerMeter } from '../metrics/answer-meter.ts';
import { rest } from '../rest.ts';
import { relay } from './relay.ts';
import { send } from './send.ts';

interface Passing {
  path: string;
  body?: Buffer;
  meter: AnswerMeter;
  callerReadTimeoutMs: number;
  /** What Ollama gets after a hang-up until it counts as free again. */
  slotRestMs: number;
}

/**
 * Passes a request on to Ollama and its answer back. Resolves when Ollama is done with it, which after a hang-up is
 * later than the caller has gone: a slot that is given away before is not free yet.
 *
 * @throws GatewayError `upstream_error` when Ollama ended before it answered.
 */
export async function passOn(ollama: RunningOllama, exchange: Exchange, passing: Passing): Promise<void> {
  const { incoming, hungUp } = exchange;
  const request = {
    method: incoming.method!,
    path: passing.path,
    headers: passedOn(incoming.headers),
    body: passing.body,
  };
  const { reply, closed } = send(ollama, request, hungUp);
  try {
    await relay(await reply, exchange, { ...passing, heard: ollama.heard });
  } finally {
    await closed;
    if (hungUp.aborted) await rest(passing.slotRestMs, ollama.ended);
  }
}

/** An allow-list: `origin` makes Ollama refuse, and `x-fc-*`, cookies and credentials are none of its business. */
function passedOn({ 'content-type': type, accept }: IncomingHttpHeaders): Record<string, string> {
  return { ...(type && { 'content-type': type }), ...(accept && { accept }) };
}

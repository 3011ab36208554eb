import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal } from './refusal.ts';
import type { Settings } from './settings.ts';
import type { FunctionSpec } from './spec.ts';

/** One request of a caller, and what may end it before the function has answered. */
export interface Call {
  spec: FunctionSpec;
  settings: Settings;
  request: IncomingMessage;
  response: ServerResponse;
  requestId: string;
  /** The caller's Origin, if FC is to echo it. */
  origin: string | undefined;
  ended: AbortSignal;
  /** Stops both sides. The reason is what the caller is told, if it can still be told anything. */
  end(reason: Refusal | typeof clientGone): void;
}

export const clientGone = Symbol('the caller closed its connection');

export function openCall(
  spec: FunctionSpec,
  settings: Settings,
  request: IncomingMessage,
  response: ServerResponse,
): Call {
  const ending = new AbortController();
  const end: Call['end'] = (reason) => ending.abort(reason);
  response.on('close', () => {
    if (!response.writableEnded) end(clientGone);
  });
  return {
    spec,
    settings,
    request,
    response,
    requestId: randomUUID(),
    origin: settings.cors ? request.headers.origin : undefined,
    ended: ending.signal,
    end,
  };
}

/**
 * Waits for an exchange, but no longer than the function's time-out, which bounds the whole answer, and
 * not a moment longer than the call: what the function still does then is no longer FC's concern.
 */
export async function within<T>(
  call: Pick<Call, 'spec' | 'ended' | 'end'>,
  exchange: () => Promise<T>,
): Promise<T> {
  const { timeoutSeconds } = call.spec;
  const message = `Function time out after ${timeoutSeconds} seconds`;
  const clock = setTimeout(() => call.end(new Refusal('InvocationTimeout', message)), timeoutSeconds * 1000);
  const interrupted = new Promise<never>((_, reject) => {
    call.ended.addEventListener('abort', () => reject(call.ended.reason));
  });
  return await Promise.race([exchange(), interrupted]).finally(() => clearTimeout(clock));
}

/** Tells the caller why there is no answer, or cuts the answer short if it has begun. */
export function fail(call: Call, error: unknown): void {
  const { request, response, requestId, spec, ended } = call;
  if (response.headersSent || ended.reason === clientGone) {
    response.destroy();
    return;
  }
  const reason: unknown = ended.aborted ? ended.reason : error;
  const refusal =
    reason instanceof Refusal ? reason : new Refusal('BadResponse', `${spec.name} gave no answer: ${reason}`);
  request.unpipe();
  request.resume(); // a caller that is still sending reads the answer only when it is done
  refusal.send(response, requestId);
}

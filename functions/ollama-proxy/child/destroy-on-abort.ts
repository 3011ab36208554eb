import type { ClientRequest } from 'node:http';

/**
 * Ends a request when one of the signals is aborted. Not by `AbortSignal.any`: what hangs on a signal that lives as long
 * as Ollama piles up there, a few hundred bytes a request (Node 22.23).
 */
export function destroyOnAbort(request: ClientRequest, signals: readonly AbortSignal[]): void {
  const destroy = () => request.destroy();
  for (const signal of signals) signal.addEventListener('abort', destroy);
  request.once('close', () => {
    for (const signal of signals) signal.removeEventListener('abort', destroy);
  });
  if (signals.some(({ aborted }) => aborted)) destroy();
}

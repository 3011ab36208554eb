import type { ServerResponse } from 'node:http';

/** Sends the last bytes of an answer. A caller that does not take them in time is cut off: they and its socket would stay for ever. */
export function endWithin(outgoing: ServerResponse, bytes: string | Buffer, timeoutMs: number): void {
  const cut = setTimeout(() => outgoing.destroy(), timeoutMs);
  outgoing.once('close', () => clearTimeout(cut)).end(bytes);
}

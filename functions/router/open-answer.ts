import type { Exchange } from '#shared/http/exchange.ts';

/** Sends the head of a relayed answer, once. */
export function openAnswer({ outgoing, arrivedAtMs }: Exchange, headers: Record<string, string>): void {
  if (outgoing.headersSent) return;
  outgoing.setHeader('openai-processing-ms', Math.round(performance.now() - arrivedAtMs));
  outgoing.writeHead(200, headers);
}

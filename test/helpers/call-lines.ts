import { setTimeout as sleep } from 'node:timers/promises';
import type { TestGateway } from './gateway.ts';

type Line = Record<string, unknown>;

/** The router's lines of all calls so far (or of those marked so by their callers), at least so many of them. */
export async function callLines(
  gateway: TestGateway,
  atLeast: number,
  clientRequestId?: string,
): Promise<Line[]> {
  for (;;) {
    const lines = gateway.log
      .map((line) => JSON.parse(line) as Line)
      .filter((line) => line.function === 'router' && line.event === 'request')
      .filter(({ path }) => path === '/v1/chat/completions')
      .filter((line) => clientRequestId === undefined || line.clientRequestId === clientRequestId);
    if (lines.length >= atLeast) return lines;
    await sleep(10);
    // A line is written when its response has closed; by then the process may stand still until it is asked again.
    await fetch(`${gateway.url}/healthz`);
  }
}

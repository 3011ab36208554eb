import { setTimeout as sleep } from 'node:timers/promises';
import type { TestGateway } from './gateway.ts';

/** The log's line of each call so far, at least so many of them. */
export async function callLines(gateway: TestGateway, atLeast: number): Promise<Record<string, unknown>[]> {
  for (;;) {
    const lines = gateway.log
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ event, path }) => event === 'request' && path === '/v1/chat/completions');
    if (lines.length >= atLeast) return lines;
    await sleep(10);
    // A line is written when its response has closed; by then the process may stand still until it is asked again.
    await fetch(`${gateway.url}/healthz`);
  }
}

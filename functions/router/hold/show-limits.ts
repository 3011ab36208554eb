import type { ServerResponse } from 'node:http';
import type { ShownLimits } from '#shared/ledger/verdict.ts';

/** OpenAI's rate-limit headers, of the tightest of the caller's own limits; what is held counts as gone. */
export function showLimits(outgoing: ServerResponse, limits: ShownLimits | undefined): void {
  if (outgoing.headersSent || !limits) return;
  for (const metric of ['requests', 'tokens'] as const) {
    const shown = limits[metric];
    if (!shown) continue;
    outgoing.setHeader(`x-ratelimit-limit-${metric}`, shown.limit);
    outgoing.setHeader(`x-ratelimit-remaining-${metric}`, shown.left);
    if (shown.resetMs !== null) outgoing.setHeader(`x-ratelimit-reset-${metric}`, duration(shown.resetMs));
  }
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** As OpenAI writes it: `120ms`, `1.5s`, `6m0s`; days where it takes days. */
export function duration(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  let left = ms;
  let text = '';
  for (const [unit, size] of UNITS) {
    if (left < size && text === '') continue;
    text += `${Math.floor(left / size)}${unit}`;
    left %= size;
  }
  return `${text}${Number((left / 1000).toFixed(3))}s`;
}

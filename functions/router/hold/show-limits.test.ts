import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { duration, showLimits } from './show-limits.ts';

const aResponse = () => new ServerResponse(new IncomingMessage(new Socket()));

describe('showLimits', () => {
  it('writes limit, rest and reset of what is limited, under the names of OpenAI', () => {
    const outgoing = aResponse();
    showLimits(outgoing, {
      requests: { limit: 60, left: 59, resetMs: 1000 },
      tokens: { limit: 9_007_199_254_740_992, left: 0, resetMs: 360_000 },
    });
    expect({ ...outgoing.getHeaders() }).toEqual({
      'x-ratelimit-limit-requests': 60,
      'x-ratelimit-remaining-requests': 59,
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-limit-tokens': 9_007_199_254_740_992,
      'x-ratelimit-remaining-tokens': 0,
      'x-ratelimit-reset-tokens': '6m0s',
    });
  });

  it('writes no reset where there never is one, and nothing of a metric without a limit', () => {
    const outgoing = aResponse();
    showLimits(outgoing, { tokens: { limit: 10, left: 4, resetMs: null } });
    expect({ ...outgoing.getHeaders() }).toEqual({
      'x-ratelimit-limit-tokens': 10,
      'x-ratelimit-remaining-tokens': 4,
    });
  });

  it('writes nothing where there are no limits, or the head has gone out with a sign of life', () => {
    const outgoing = aResponse();
    showLimits(outgoing, undefined);
    expect(outgoing.getHeaderNames()).toEqual([]);
    outgoing.writeHead(200);
    showLimits(outgoing, { requests: { limit: 1, left: 1, resetMs: 0 } });
    expect(outgoing.getHeaderNames()).toEqual([]);
  });
});

describe('duration', () => {
  it.each([
    [0, '0ms'],
    [1, '1ms'],
    [120, '120ms'],
    [999, '999ms'],
    [1000, '1s'],
    [1500, '1.5s'],
    [59_999, '59.999s'],
    [60_000, '1m0s'],
    [360_000, '6m0s'],
    [3_599_999, '59m59.999s'],
    [3_600_000, '1h0m0s'],
    [50_400_000, '14h0m0s'],
    [86_400_000, '1d0h0m0s'],
    [30 * 86_400_000 + 61_001, '30d0h1m1.001s'],
  ])('of %i ms is %s, as OpenAI writes it', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});

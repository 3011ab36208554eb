import { describe, expect, it } from 'vitest';
import { deadlinesOf, leftMs } from './deadlines.ts';

const config = { FIRST_PIECE_TIMEOUT_MS: 300, TOTAL_TIMEOUT_MS: 1_000 };

describe('the deadlines of a call', () => {
  it('count the first piece from when the upstream is asked, and the whole from the arrival', () => {
    expect(deadlinesOf(5_000, config, 5_100)).toEqual({ firstPieceAtMs: 5_400, endAtMs: 6_000 });
  });

  it('never leave the first piece more time than the whole', () => {
    expect(deadlinesOf(5_000, config, 5_900)).toEqual({ firstPieceAtMs: 6_000, endAtMs: 6_000 });
  });

  it('that are over are due at once', () => {
    expect(leftMs(performance.now() - 5_000)).toBe(1);
  });
});

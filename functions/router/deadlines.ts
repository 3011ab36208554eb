/** Until when a call may do what, in milliseconds of `performance.now()`. */
export interface Deadlines {
  firstPieceAtMs: number;
  endAtMs: number;
}

interface Timeouts {
  FIRST_PIECE_TIMEOUT_MS: number;
  TOTAL_TIMEOUT_MS: number;
}

/** An upstream's own, which stand before the router's. */
interface OwnTimeouts {
  firstPieceMs?: number;
  totalMs?: number;
}

/** The first piece counts from when the upstream is asked, the whole from the request's arrival, as FC's own time-out does. */
export function deadlinesOf(
  arrivedAtMs: number,
  config: Timeouts & OwnTimeouts,
  nowMs = performance.now(),
): Deadlines {
  const endAtMs = arrivedAtMs + (config.totalMs ?? config.TOTAL_TIMEOUT_MS);
  return {
    firstPieceAtMs: Math.min(nowMs + (config.firstPieceMs ?? config.FIRST_PIECE_TIMEOUT_MS), endAtMs),
    endAtMs,
  };
}

/** Never 0 and never negative: a timer for what is over fires at once. */
export const leftMs = (atMs: number) => Math.max(1, Math.ceil(atMs - performance.now()));

import type { OwnLimit } from '#shared/ledger/own-limits.ts';

/** What a key may still use, in the words of `docs/api.md`. */
export const usageObject = (limits: readonly OwnLimit[]) => ({
  object: 'usage',
  limits: limits.map(({ owner, metric, window, limit, used, held, left, resetsAt, strict }) => ({
    owner,
    metric,
    window,
    limit,
    used,
    held,
    left,
    resets_at: resetsAt,
    strict,
  })),
});

import type { Route } from '#shared/catalog/catalog.ts';

/** The routes of a model that a call may take: those of one canary, or all that are none. */
export interface Branch {
  routes: readonly Route[];
  canary: boolean;
}

/**
 * Whether a canary takes this call: one for callers that show its header before one that takes a share.
 *
 * @param chance uniform in [0, 1)
 * @param header the value of a header of the call, by its lower-case name
 */
export function branchOf(
  routes: readonly Route[],
  chance: number,
  header: (name: string) => string | undefined,
): Branch {
  const ordinary = { routes: routes.filter(({ canary }) => !canary), canary: false };
  const named = routes.filter(({ canary }) => canary?.header && shows(canary.header, header));
  if (named.length > 0) return { routes: named, canary: true };
  let from = 0;
  for (const route of routes) {
    const share = (route.canary?.percent ?? 0) / 100;
    if (chance >= from && chance < from + share) return { routes: [route], canary: true };
    from += share;
  }
  return ordinary;
}

function shows(
  wanted: { name: string; value?: string },
  header: (name: string) => string | undefined,
): boolean {
  const shown = header(wanted.name);
  return shown !== undefined && (wanted.value === undefined || shown === wanted.value);
}

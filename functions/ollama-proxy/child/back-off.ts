export interface BackOff {
  firstMs: number;
  mostMs: number;
}

/**
 * How long to rest before the next try: half of a time that doubles, and a random part of the other half, so that
 * instances that share a NAS do not all come back in the same moment.
 *
 * @param attempt how many tries in a row have come to nothing, at least 1.
 * @param chance from 0 to 1.
 */
export function backOffMs({ firstMs, mostMs }: BackOff, attempt: number, chance: number): number {
  const fullMs = Math.min(mostMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round((fullMs / 2) * (1 + chance));
}

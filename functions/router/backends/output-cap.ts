import type { Model } from '../catalog/catalog.ts';

/** The most tokens to ask an upstream for: the caller's wish, at most what the catalog allows the model. */
export function capOf(asked: number | undefined, { maxOutputTokens }: Model): number | undefined {
  if (asked === undefined || maxOutputTokens === undefined) return asked ?? maxOutputTokens;
  return Math.min(asked, maxOutputTokens);
}

import type { HeaderRules, Upstream } from '#shared/catalog/catalog.ts';
import { isSettableHeader } from '#shared/catalog/header-names.ts';
import { authorizationFor, type Signed } from './authorization.ts';

/** All headers of one request to an upstream but those that frame its body: its credential, by its rules. */
export async function headersFor(
  { credential, headers }: Upstream,
  { accept, ...signed }: Signed & { accept: string },
): Promise<Record<string, string>> {
  const authorization = credential && (await authorizationFor(credential, signed));
  return applyHeaderRules({ accept, ...(authorization && { authorization }) }, headers);
}

/**
 * What becomes of a request's headers by the rules of its upstream: renamed, then removed, then set.
 *
 * A header keeps its value under its new name, so that of `authorization` still begins with `Bearer`. What
 * frames the request is neither here yet nor can it be set, whatever the catalog says.
 *
 * @param headers by lower-case names.
 */
export function applyHeaderRules(
  headers: Readonly<Record<string, string>>,
  { rename, remove, set }: HeaderRules,
): Record<string, string> {
  const ruled = new Map(Object.entries(headers));
  const renamed = Object.entries(rename).flatMap(([from, to]) => {
    const value = headers[from];
    return value !== undefined && isSettableHeader(to) ? [{ from, to, value }] : [];
  });
  for (const { from } of renamed) ruled.delete(from);
  for (const { to, value } of renamed) ruled.set(to, value);
  for (const name of remove) ruled.delete(name);
  for (const [name, value] of Object.entries(set)) if (isSettableHeader(name)) ruled.set(name, value);
  return Object.fromEntries(ruled);
}

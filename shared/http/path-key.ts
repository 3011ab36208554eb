/** `/k/<key>/…`, also where a client of a proxy writes the address in full. */
const KEY_IN_PATH = /^(?:[a-z]+:\/\/[^/?#]*)?\/k\/([^/?#]*)(.*)$/is;

/**
 * Takes a key off the front of a path, where clients put it that can set no header.
 *
 * Whatever stands there is taken for one: what was mistyped must not come into a log either.
 */
export function takePathKey(url: string): { url: string; key: string | undefined } {
  const [, key, rest] = KEY_IN_PATH.exec(url) ?? [];
  if (key === undefined || rest === undefined) return { url, key: undefined };
  return { url: rest.startsWith('/') ? rest : `/${rest}`, key };
}

/** A path as it may be shown and logged: one where a key stands in the wrong place may come too. */
export const withoutKeys = (path: string): string =>
  path.replaceAll(/sk(?:-|%2d)[^/?#]*/gi, 'sk-…').replaceAll(/\/k\/[^/?#]*/gi, '/k/…');

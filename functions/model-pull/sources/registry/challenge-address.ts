import type { Challenge } from './challenge.ts';

/**
 * Where a token is asked for, byte for byte as Go writes it, since it is what is signed: the query sorted by name,
 * a blank as `+` (reference: ollama/server/auth.go `registryChallenge.URL`, Go's `url.Values.Encode`).
 */
export function challengeAddress({ realm, service, scope }: Challenge, nonce: string, nowMs: number): URL {
  const query: [string, string][] = [
    ...realm.searchParams,
    ['service', service],
    ...scope.split(' ').map((each): [string, string] => ['scope', each]),
    ['ts', String(Math.floor(nowMs / 1000))],
    ['nonce', nonce],
  ];
  const sorted = query.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b))); // stable: scopes stay in their order
  const address = new URL(realm);
  address.hash = '';
  address.search = sorted.map((pair) => pair.map(escaped).join('=')).join('&');
  return address;
}

const escaped = (text: string) =>
  encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');

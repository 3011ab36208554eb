import type { Credential } from './catalog.ts';

/** The variables that the catalog may name. Only these: else it could send the pepper to an upstream as a credential. */
export type UpstreamVariables = Readonly<Record<string, string>>;

const REFERENCE = /^env:(UPSTREAM_[A-Z0-9_]+)$/;

export function upstreamVariables(
  environment: Readonly<Record<string, string | undefined>>,
): UpstreamVariables {
  const entries = Object.entries(environment)
    .filter(([name]) => name.startsWith('UPSTREAM_'))
    // Secrets come out of files and forms with a line end, which no header can have: every call would fail.
    .map(([name, value = '']) => [name, value.trim()] as const)
    .filter(([, value]) => value !== '');
  return Object.fromEntries(entries);
}

/**
 * What a catalog entry says: itself, or the variable that `env:NAME` refers to, undefined when that is not
 * set or may not be named.
 */
export function resolveEntry(entry: string, variables: UpstreamVariables): string | undefined {
  if (!entry.startsWith('env:')) return entry;
  const name = REFERENCE.exec(entry)?.[1];
  return name === undefined ? undefined : variables[name];
}

const SIGNED = 'signed:';

/** What `env:NAME` and `signed:env:NAME` say of how an upstream is called; undefined as of an entry. */
export function resolveCredential(entry: string, variables: UpstreamVariables): Credential | undefined {
  const isSigned = entry.startsWith(SIGNED);
  const value = resolveEntry(isSigned ? entry.slice(SIGNED.length) : entry, variables);
  if (value === undefined) return undefined;
  return isSigned ? { kind: 'signed', secret: value } : { kind: 'bearer', token: value };
}

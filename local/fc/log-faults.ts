import { publicIdOf } from '#shared/keys/key-token.ts';
import { fakeCredentials } from './fake-credentials.ts';
import type { FunctionSpec } from './spec.ts';

const MAX_LINE_BYTES = 32 * 1024;

/** Secrets that a function knows, and what each is called. */
type Secrets = ReadonlyMap<string, string>;

/**
 * What is wrong with a line of a function's log, in words that may be shown: no part of the line is in them.
 *
 * FC cuts a line over 32 KB, and takes a function's `FC Invoke Start` for its own: each call is then listed twice
 * (reference: fc-docs 04/091).
 */
export function logFaults(line: string, secrets: Secrets): string[] {
  const faults: string[] = [];
  const bytes = Buffer.byteLength(line);
  if (bytes > MAX_LINE_BYTES) faults.push(`a line of ${bytes} bytes, of which FC keeps ${MAX_LINE_BYTES}`);
  const [words] = line.match(/FC (Invoke|Initialize|PreStop) (Start|End)/) ?? [];
  if (words !== undefined) faults.push(`"${words}", which only FC may write`);
  if (line.match(LIKE_A_KEY)?.some((each) => publicIdOf(each) !== undefined))
    faults.push('the key of a caller');
  for (const [secret, name] of secrets) if (line.includes(secret)) faults.push(`the secret of ${name}`);
  return faults;
}

/** What looks like one; its checksum says whether it is. */
const LIKE_A_KEY = /\bsk-[0-9A-Za-z]+-[0-9A-Za-z]+/g;

/** The values of variables that are secret by their names, passwords within addresses, and what FC hands to a role. */
export function secretsOf(spec: Pick<FunctionSpec, 'environment'>): Secrets {
  const secrets = new Map(Object.entries(fakeCredentials).map(([name, value]) => [value, name]));
  for (const [name, value] of Object.entries(spec.environment)) {
    const password = passwordIn(value);
    if (isLong(password)) secrets.set(password, name);
    if (isLong(value) && (SECRET_NAMES.test(name) || password !== '')) secrets.set(value, name);
  }
  return secrets;
}

const SECRET_NAMES = /(SECRET|PEPPER|PASSWORD|TOKEN|CREDENTIAL|KEY)$/;

/** Shorter ones would be found in words that have nothing to do with them. */
const isLong = (value: string) => value.length >= 12;

function passwordIn(value: string): string {
  try {
    return decodeURIComponent(new URL(value).password);
  } catch {
    return '';
  }
}

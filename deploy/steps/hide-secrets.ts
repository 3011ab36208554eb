import { secretsIn } from '#shared/credential/internal-secret.ts';
import { HIDDEN, hideKeys, hideNamedSecrets, openKey, SECRET_WORD } from './secrets-of-others.ts';

/** Of fewer characters a value stands in too much else. */
const SHORTEST = 8;

/** Blots out the values of secrets in what the tool prints: it shows functions with all of their variables. */
export function hideSecrets(
  environment: Readonly<Record<string, string>>,
  show: (text: string) => void,
): { show: (text: string) => void; end: () => void } {
  const secrets = Object.entries(environment)
    .filter(([name]) => SECRET_WORD.test(name.toUpperCase()))
    // While INTERNAL_SECRET is changed it is two, of which one function is shown the first alone.
    .flatMap(([name, value]) => (name === 'INTERNAL_SECRET' ? [value, ...secretsIn(value)] : [value]))
    .filter((value) => value.length >= SHORTEST)
    .sort((one, other) => other.length - one.length);
  const hidden = (text: string) => {
    const known = secrets.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), hideKeys(text));
    return hideNamedSecrets(known);
  };
  // In whole lines, and keys as a whole: a value may come in two pieces.
  let rest = '';
  return {
    show(text) {
      const all = rest + text;
      const whole = all.slice(0, all.lastIndexOf('\n') + 1);
      const end = whole.lastIndexOf('\n', openKey(whole) - 1) + 1;
      const lines = all.slice(0, end);
      rest = all.slice(end);
      if (lines) show(hidden(lines));
    },
    end() {
      if (rest) show(hidden(rest));
      rest = '';
    },
  };
}

/** Variables whose values nobody shall read in a pipeline's log. */
const IS_SECRET = /SECRET|PEPPER|TOKEN|PASSWORD|KEY|DATABASE_URL/i;
const SHORTEST = 8;

/** Blots out the values of secrets in what the tool prints: it shows functions with all of their variables. */
export function hideSecrets(
  environment: Readonly<Record<string, string>>,
  show: (text: string) => void,
): { show: (text: string) => void; end: () => void } {
  const secrets = Object.entries(environment)
    .filter(([name, value]) => IS_SECRET.test(name) && value.length >= SHORTEST)
    .map(([, value]) => value)
    .sort((one, other) => other.length - one.length);
  const hidden = (text: string) => secrets.reduce((rest, secret) => rest.replaceAll(secret, '******'), text);
  // In whole lines: a value may come in two pieces.
  let rest = '';
  return {
    show(text) {
      const end = (rest + text).lastIndexOf('\n') + 1;
      const lines = (rest + text).slice(0, end);
      rest = (rest + text).slice(end);
      if (lines) show(hidden(lines));
    },
    end() {
      if (rest) show(hidden(rest));
      rest = '';
    },
  };
}

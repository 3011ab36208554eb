// Secrets that are not in .env, and so are not known by their value: the tool shows what a function had before it
// was changed, and all that the cloud knows of a domain, its certificate with it (devsapp/fc3, subCommands/deploy).

export const HIDDEN = '******';

/** In the name of a variable whose value nobody shall read in a pipeline's log. */
export const SECRET_WORD = /SECRET|PEPPER|TOKEN|PASSWORD|KEY|DATABASE_URL/;

/** By name, whatever the value; to the end of the line, since it may have spaces, quotes and commas. */
const NAMED = new RegExp(
  `\\b([A-Z0-9_]*(?:${SECRET_WORD.source})[A-Z0-9_]*["']?:[ \\t]*)[^\\s\\u001b][^\\n\\u001b]*`,
  'g',
);

const KEY_BEGINS = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const KEY = new RegExp(`${KEY_BEGINS.source}[^]*?(-----END [A-Z ]*PRIVATE KEY-----|$)`, 'g');

/** What follows the names of secret variables is not for showing. */
export const hideNamedSecrets = (text: string): string => text.replace(NAMED, `$1${HIDDEN}`);

/** Nor are private keys in PEM, be they over many lines or in a string of JSON. */
export const hideKeys = (text: string): string => text.replace(KEY, HIDDEN);

/** Where a key begins in `text` that does not end in it; its length where there is none. */
export function openKey(text: string): number {
  const begin = hideKeysThatEnd(text).search(KEY_BEGINS);
  return begin < 0 ? text.length : begin;
}

const KEY_THAT_ENDS = new RegExp(`${KEY_BEGINS.source}[^]*?-----END [A-Z ]*PRIVATE KEY-----`, 'g');

/** In as many characters. */
const hideKeysThatEnd = (text: string) => text.replace(KEY_THAT_ENDS, (key) => '*'.repeat(key.length));

import { GatewayError } from '#shared/errors.ts';

/** What a registry says after 401 about where to get a token. */
export interface Challenge {
  realm: URL;
  service: string;
  scope: string;
}

/** Realms that do not lie with their registry, and no others (reference: ollama/ollama#15661, #17361). */
const FOREIGN_REALMS: Readonly<Record<string, string>> = {
  'https://hf.co': 'https://huggingface.co',
  'https://registry.ollama.ai': 'https://ollama.com',
};

const PARAMETER = /(?:^|[\s,])(realm|service|scope)="([^"]*)"/g;

/**
 * Reads `WWW-Authenticate: Bearer realm="…",service="…",scope="…"`. What proves who we are is given only to the
 * registry's own host, or to the one that is known to speak for it.
 *
 * @param registry its origin.
 * @throws GatewayError `upstream_error`.
 */
export function readChallenge(header: string | undefined, registry: string): Challenge {
  const [, text] = /^Bearer\s+(.*)$/is.exec(header ?? '') ?? [];
  if (text === undefined) throw refused('unauthorized: the registry does not say where to get a token');
  const parameters = new Map([...text.matchAll(PARAMETER)].map(([, name, value]) => [name!, value!]));
  const realm = parameters.get('realm') ?? '';
  if (!URL.canParse(realm)) throw refused('unauthorized: the registry names no realm');
  return {
    realm: trusted(new URL(realm), registry),
    service: parameters.get('service') ?? '',
    scope: parameters.get('scope') ?? '',
  };
}

function trusted(realm: URL, registry: string): URL {
  const own = new URL(registry);
  const isOwn = realm.host === own.host && (realm.protocol === 'https:' || realm.protocol === own.protocol);
  const hasPassword = realm.username !== '' || realm.password !== '';
  if ((!isOwn && realm.origin !== FOREIGN_REALMS[registry]) || hasPassword) {
    throw refused(`unauthorized: the realm ${realm.host} is not that of ${own.host}`);
  }
  return realm;
}

const refused = (problem: string) =>
  new GatewayError('upstream_error', `${problem}.`, { shouldRetry: false });

import { modelsOfList } from '#shared/lobechat/model-list.ts';
import type { Finding, Sound } from './across-variables.ts';
import type { LobeChat } from './profiles.ts';

/** What must be known of each who vouches for people. */
const OF_PROVIDER: Readonly<Record<string, readonly string[]>> = {
  auth0: ['LOBECHAT_AUTH0_ID', 'LOBECHAT_AUTH0_SECRET', 'LOBECHAT_AUTH0_ISSUER'],
  github: ['LOBECHAT_GITHUB_ID', 'LOBECHAT_GITHUB_SECRET'],
  'generic-oidc': ['LOBECHAT_OIDC_ID', 'LOBECHAT_OIDC_SECRET', 'LOBECHAT_OIDC_ISSUER'],
};

/** What says something of those who vouch for nobody here: nobody asks for it. */
export const ofOtherProviders = ({ LOBECHAT_SSO_PROVIDERS = '' }: Sound): ReadonlySet<string> =>
  new Set(
    Object.entries(OF_PROVIDER).flatMap(([provider, names]) =>
      LOBECHAT_SSO_PROVIDERS.split(',').includes(provider) ? [] : names,
    ),
  );

/** As acrossVariables, of what concerns LobeChat alone. */
export const acrossLobechat = (lobechat: LobeChat, sound: Sound): Finding[] => [
  ...signingIn(lobechat, sound),
  ...database(sound),
  ...places(sound),
  ...models(sound),
];

function signingIn(lobechat: LobeChat, sound: Sound): Finding[] {
  const providers = (sound.LOBECHAT_SSO_PROVIDERS ?? '').split(',');
  const missing = providers.flatMap((provider) =>
    (OF_PROVIDER[provider] ?? [])
      .filter((name) => !sound[name])
      .map((name): Finding => [name, `is missing; LOBECHAT_SSO_PROVIDERS has ${provider}`]),
  );
  return [...missing, ...(providers.includes('github') ? lettingAnybodyIn(lobechat, sound) : [])];
}

/** Everybody has an account at GitHub, and 1.x has no list of who may come in: whoever did would call at the key's expense. */
function lettingAnybodyIn(lobechat: LobeChat, { LOBECHAT_ALLOWED_EMAILS: allowed }: Sound): Finding[] {
  if (lobechat === '1')
    return [['LOBECHAT_SSO_PROVIDERS', 'must be without github; 1.x lets in whoever has an account there']];
  return allowed
    ? []
    : [['LOBECHAT_ALLOWED_EMAILS', 'is missing; github lets in whoever has an account there']];
}

function database(sound: Sound): Finding[] {
  const [own, theirs] = [sound.DATABASE_URL, sound.LOBECHAT_DATABASE_URL].map(
    (url) => url && `${new URL(url).host}${new URL(url).pathname}`,
  );
  return own && own === theirs
    ? [
        [
          'LOBECHAT_DATABASE_URL',
          'must be another database than the gateway’s: both make tables of their own',
        ],
      ]
    : [];
}

function places(sound: Sound): Finding[] {
  const { LOBECHAT_DOMAIN: domain, LOBECHAT_URL: url, LOBECHAT_ROUTER_URL: router, REGION: region } = sound;
  const findings: Finding[] = [];
  if (domain && url && new URL(url).hostname !== domain)
    findings.push(['LOBECHAT_URL', 'must have the name that LOBECHAT_DOMAIN has: sign-ins come back there']);
  const isPlain = router?.startsWith('http:') === true;
  if (isPlain && !new URL(router!).hostname.endsWith(`.${region}-vpc.fcapp.run`))
    findings.push(['LOBECHAT_ROUTER_URL', 'must be https:// outside the region: the key is sent along']);
  return findings;
}

function models({ LOBECHAT_MODEL_LIST: list, LOBECHAT_DEFAULT_MODEL: first }: Sound): Finding[] {
  const isListed = list === undefined || modelsOfList(list)?.some(({ id }) => id === first);
  return first === undefined || isListed
    ? []
    : [['LOBECHAT_DEFAULT_MODEL', 'must be one of LOBECHAT_MODEL_LIST']];
}

import * as z from 'zod';
import { JsonText } from '#shared/config.ts';
import { modelsOfList } from '#shared/lobechat/model-list.ts';
import {
  address,
  atMost,
  bucket,
  count,
  databaseUrl,
  form,
  hostName,
  image,
  oneOf,
  origin,
  role,
  text,
} from './values.ts';

/** What `openssl rand -base64 32` makes. */
const key = form(/^[A-Za-z0-9+/]{43}=$/, '32 bytes in base64 (openssl rand -base64 32)');

const SSO_PROVIDERS = ['auth0', 'github', 'generic-oidc'] as const;

/** What it wants whichever of the images it is. */
export const LOBECHAT = {
  LOBECHAT_IMAGE: image,
  LOBECHAT_ROLE: role.optional(),
  LOBECHAT_URL: origin,
  LOBECHAT_DOMAIN: hostName.optional(),
  LOBECHAT_DOMAIN_PROTOCOL: oneOf('HTTP', 'HTTPS').optional(),
  // As many as s.yaml lets there be.
  LOBECHAT_IDLE_INSTANCES: count(0, 2).optional(),
  LOBECHAT_DATABASE_URL: databaseUrl,
  LOBECHAT_KEY_VAULTS_SECRET: key,
  LOBECHAT_AUTH_SECRET: key,
  LOBECHAT_SSO_PROVIDERS: z
    .string()
    .refine(
      (given) => given.split(',').every((each) => SSO_PROVIDERS.some((known) => known === each)),
      `must be of ${SSO_PROVIDERS.join(', ')}, with commas between and no spaces`,
    ),
  LOBECHAT_AUTH0_ID: text.optional(),
  LOBECHAT_AUTH0_SECRET: text.optional(),
  LOBECHAT_AUTH0_ISSUER: origin.optional(),
  LOBECHAT_GITHUB_ID: text.optional(),
  LOBECHAT_GITHUB_SECRET: text.optional(),
  LOBECHAT_OIDC_ID: text.optional(),
  LOBECHAT_OIDC_SECRET: text.optional(),
  LOBECHAT_OIDC_ISSUER: z.url({ protocol: /^https$/, error: 'must be an https:// address' }).optional(),
  LOBECHAT_BUCKET: bucket,
  LOBECHAT_BUCKET_KEY_ID: text,
  LOBECHAT_BUCKET_KEY_SECRET: text,
  LOBECHAT_ROUTER_URL: address('/v1'),
  // It splits keys at commas.
  LOBECHAT_ROUTER_KEY: form(/^sk-[A-Za-z0-9_-]+$/, 'a key of the gateway, which begins with sk-'),
  LOBECHAT_MODEL_LIST: atMost(
    z.string().refine((given) => (modelsOfList(given)?.length ?? 0) > 0, {
      error: 'must be what `sublet lobechat env --deploy` prints',
    }),
    1000,
  ),
  LOBECHAT_DEFAULT_MODEL: text,
};

/** What only 1.x wants: nothing. */
export const LOBECHAT_1 = {
  LOBECHAT_ALLOWED_EMAILS: z.string().optional(),
  LOBECHAT_JWKS_KEY: z.string().optional(),
};

const KeySet = JsonText.pipe(
  z.object({
    keys: z
      .array(
        z.looseObject({ kty: z.literal('RSA'), alg: z.literal('RS256'), d: z.string(), kid: z.string() }),
      )
      .min(1),
  }),
);

/** And only 2.x. */
export const LOBECHAT_2 = {
  LOBECHAT_JWKS_KEY: atMost(
    z.string().refine((given) => KeySet.safeParse(given).success, {
      error:
        'must be a JSON key set with an RSA key for RS256, its private part and a kid (docs/lobechat.md)',
    }),
    2000,
  ),
  LOBECHAT_ALLOWED_EMAILS: form(
    /^[^\s,]+(,[^\s,]+)*$/,
    'addresses and domains, with commas between',
  ).optional(),
};

import * as z from 'zod';
import type { Settings } from './settings-rules.ts';

const text = z.string().min(1);
const address = z.url({ protocol: /^https?$/, error: 'must be an http(s):// address' });

/** What both images read of what we give. Sources: src/envs, src/config/db.ts and Next.js' server of @lobehub/lobehub 2.1.26. */
const BOTH = {
  APP_URL: address.refine((url) => !url.endsWith('/'), 'must not end with a slash'),
  PORT: z.literal('3210'),
  HOSTNAME: z.literal('0.0.0.0'),
  KEEP_ALIVE_TIMEOUT: z.coerce.number().min(900_000, 'must be 15 minutes or more'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  DATABASE_DRIVER: z.literal('node'),
  KEY_VAULTS_SECRET: z.base64().length(44),
  AUTH_AUTH0_ID: text.optional(),
  AUTH_AUTH0_SECRET: text.optional(),
  AUTH_AUTH0_ISSUER: address.optional(),
  AUTH_GITHUB_ID: text.optional(),
  AUTH_GITHUB_SECRET: text.optional(),
  AUTH_GENERIC_OIDC_ID: text.optional(),
  AUTH_GENERIC_OIDC_SECRET: text.optional(),
  AUTH_GENERIC_OIDC_ISSUER: address.optional(),
  S3_ENDPOINT: address,
  S3_REGION: text,
  S3_BUCKET: text,
  S3_ACCESS_KEY_ID: text,
  S3_SECRET_ACCESS_KEY: text,
  S3_ENABLE_PATH_STYLE: z.literal('0', 'must be 0: OSS knows no path style'),
  S3_SET_ACL: z.literal('0', 'must be 0: the bucket is private'),
  OPENAI_PROXY_URL: address.regex(/\/v1$/, 'must end with /v1'),
  OPENAI_API_KEY: text.regex(/^[^,]+$/, 'must have no comma: LobeChat takes it for several'),
  OPENAI_MODEL_LIST: text.startsWith('-all,', 'must begin with -all: others would be offered, too'),
  DEFAULT_AGENT_CONFIG: text,
  SYSTEM_AGENT: text,
  ENABLED_OLLAMA: z.literal('0', 'must be 0: it has nowhere to put a key'),
  LLM_VISION_IMAGE_USE_BASE64: z.literal('1'),
};

const TWO = z.object({
  ...BOTH,
  AUTH_SECRET: text,
  JWKS_KEY: text,
  AUTH_SSO_PROVIDERS: text,
  AUTH_DISABLE_EMAIL_PASSWORD: z.literal('1'),
  AUTH_ALLOWED_EMAILS: text.optional(),
});

const ONE = z.object({
  ...BOTH,
  NEXT_PUBLIC_SERVICE_MODE: z.literal('server'),
  NEXT_AUTH_SECRET: text,
  NEXTAUTH_URL: address.regex(/\/api\/auth$/),
  NEXT_AUTH_SSO_PROVIDERS: text,
});

const isOne = (given: Readonly<Record<string, unknown>>) =>
  'NEXT_AUTH_SECRET' in given && !('AUTH_SECRET' in given);

export const lobechatSettings = (given: Readonly<Record<string, unknown>>): Settings => ({
  schema: isOne(given) ? ONE : TWO,
});

/** Seen by name, be they empty or not, or with any value (reference: scripts/_shared/checkDeprecatedAuth.js). */
const REFUSED =
  /^(NEXT_AUTH|NEXTAUTH|NEXT_PUBLIC_(CLERK|SERVICE_MODE|AUTH_URL|ENABLE_)|CLERK_|ACCESS_CODE$|AUTH_URL$|OIDC_JWKS_KEY$|AUTH_AZURE_AD|AZURE_AD|AUTH_MICROSOFT_ENTRA|ENABLE_MAGIC_LINK$)/;

/** 2.x ends at once where it sees a name that 1.x had. */
export const tooOldForLobechat = (given: Readonly<Record<string, unknown>>, at: string): string[] =>
  isOne(given)
    ? []
    : Object.keys(given)
        .filter((name) => REFUSED.test(name))
        .map((name) => `${at}.${name}: LobeChat 2.x does not start where it sees it`);

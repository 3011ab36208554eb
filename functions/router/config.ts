import * as z from 'zod';
import { FunctionConfig } from '#shared/config.ts';
import { InternalSecret } from '#shared/credential/internal-secret.ts';
import { ImageBuckets } from './images/image-buckets.ts';

const milliseconds = z.coerce.number().int().positive();

const RouterSettings = z.object({
  ...FunctionConfig,
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }),
  /** Connections of one instance; times the greatest number of instances it must stay below the server's limit. */
  /** Two of them are the ledger's: one for what begins, one for what ends. */
  DATABASE_MAX_CONNECTIONS: z.coerce.number().int().min(3).max(20).default(3),
  DATABASE_CONNECT_TIMEOUT_MS: milliseconds.default(3_000),
  DATABASE_QUERY_TIMEOUT_MS: milliseconds.default(5_000),
  /** Connections unused for this long are replaced before use: an instance may have been frozen meanwhile. */
  DATABASE_STALE_AFTER_MS: milliseconds.default(15_000),
  /** Keyed into the HMAC of every key: whoever steals the table without it can check no guess. */
  KEY_PEPPER: z.string().min(32, 'must have at least 32 characters'),
  /** How many proxies before us add to `x-forwarded-for`: Function Compute is one, an API gateway in front of it another. */
  TRUSTED_PROXIES: z.coerce.number().int().min(0).max(10).default(1),
  CONNECT_TIMEOUT_MS: milliseconds.default(5_000),
  /** Long: a cold model is read from disk first. */
  FIRST_PIECE_TIMEOUT_MS: milliseconds.default(300_000),
  /** Between two parts of an answer; Ollama makes a tool call in one go, which may take a while. */
  IDLE_TIMEOUT_MS: milliseconds.default(120_000),
  TOTAL_TIMEOUT_MS: milliseconds.default(1_800_000),
  /** How long a caller may leave what we wrote unread before it counts as gone. */
  CALLER_READ_TIMEOUT_MS: milliseconds.default(30_000),
  /** Bytes of all requests whose answers have not begun; in memory each takes about four times as much. */
  BODIES_LIMIT_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .default(128 * 1024 * 1024),
  /** How often a call may be sent upstream while nothing of an answer has come. */
  MOST_ATTEMPTS: z.coerce.number().int().min(1).max(10).default(3),
  /** How long a call waits for a place when all upstreams of its model are full, and how many may wait for one model. */
  /** At most 20 s: a hold that no upstream was asked for is not renewed, and expires after 30. */
  QUEUE_WAIT_MS: milliseconds.max(20_000).default(10_000),
  QUEUE_LENGTH: z.coerce.number().int().min(0).max(10_000).default(256),
  /** After so many failures in a row an upstream rests: so long at first, twice as long after each trial that fails. */
  BREAKER_FAILURES: z.coerce.number().int().min(1).default(5),
  BREAKER_REST_MS: milliseconds.default(5_000),
  BREAKER_MOST_REST_MS: milliseconds.default(60_000),
  /** How often an Ollama is asked which models it has and has loaded, while calls go there; 0 = never. */
  CHECK_EVERY_MS: z.coerce.number().int().min(0).default(15_000),
  /** Object storage whose images callers may name by address; all other addresses are refused. See docs/deploy.md. */
  IMAGE_BUCKETS: ImageBuckets.default([]),
  IMAGE_LIMIT_BYTES: z.coerce.number().int().positive().max(33_554_432).default(10_485_760),
  IMAGE_TIMEOUT_MS: milliseconds.default(10_000),
  /** How many images are read at once by one instance. */
  IMAGE_PARALLEL_READS: z.coerce.number().int().min(1).max(64).default(8),
  /** A key that reads these buckets, where the function's role shall not. */
  IMAGE_ACCESS_KEY_ID: z.string().optional(),
  IMAGE_ACCESS_KEY_SECRET: z.string().optional(),
  /** Those of the function's role, as Function Compute gives them. */
  ALIBABA_CLOUD_ACCESS_KEY_ID: z.string().optional(),
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: z.string().optional(),
  ALIBABA_CLOUD_SECURITY_TOKEN: z.string().optional(),
  /** Where model-pull is, for keys with the right `pull`, and the secret that both have. */
  MODEL_PULL_URL: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }).optional(),
  INTERNAL_SECRET: InternalSecret.optional(),
  FIRST_SIGN_OF_LIFE_MS: milliseconds.max(2_000).default(1_500),
  SIGN_OF_LIFE_EVERY_MS: milliseconds.max(10_000).default(9_000),
});

export const RouterConfig = RouterSettings.refine(
  ({ MODEL_PULL_URL, INTERNAL_SECRET }) => MODEL_PULL_URL === undefined || INTERNAL_SECRET !== undefined,
  { path: ['INTERNAL_SECRET'], error: 'must be that of model-pull, where MODEL_PULL_URL is set' },
);
export type RouterConfig = z.infer<typeof RouterConfig>;

import * as z from 'zod';
import { FunctionConfig } from '#shared/config.ts';
import { InternalSecret } from '#shared/credential/internal-secret.ts';

const milliseconds = z.coerce.number().int().positive();

export const ConsoleConfig = z.object({
  ...FunctionConfig,
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }),
  /** One of them is for the check of the ledger. */
  DATABASE_MAX_CONNECTIONS: z.coerce.number().int().min(2).max(20).default(3),
  DATABASE_CONNECT_TIMEOUT_MS: milliseconds.default(3_000),
  DATABASE_QUERY_TIMEOUT_MS: milliseconds.default(5_000),
  DATABASE_STALE_AFTER_MS: milliseconds.default(15_000),
  /** What credentials of our own functions are signed with; absent: the token alone opens `/metrics`. */
  INTERNAL_SECRET: InternalSecret.optional(),
  /** Lets a Prometheus read `/metrics`, which cannot sign; absent: a credential alone does. */
  METRICS_TOKEN: z.string().min(32, 'must have at least 32 characters').optional(),
  /** A receipt is counted so long after it was closed: longer than any transaction of a router takes. */
  METRICS_LAG_MS: milliseconds.min(3_000).default(10_000),
  /** How many of the fullest limits of root consumers are shown, each with its consumer's id: of budgets, and of others; 0 = none. */
  METRICS_TOP_LIMITS: z.coerce.number().int().min(0).max(100).default(10),
  /** OpenTelemetry's switch, with commas between: `gen_ai_latest_experimental` gives names after 1.41; others are for others. */
  OTEL_SEMCONV_STABILITY_OPT_IN: z
    .string()
    .default('')
    .transform((given) => new Set(given.split(',').map((each) => each.trim()))),
  /** The check holds every receipt against the counters, so it is done once in a while; and how long it may take. */
  LEDGER_CHECK_EVERY_MS: milliseconds.default(600_000),
  LEDGER_CHECK_TIMEOUT_MS: milliseconds.default(60_000),
  /** How long a caller may leave what we wrote unread before it counts as gone. */
  CALLER_READ_TIMEOUT_MS: milliseconds.default(30_000),
});
export type ConsoleConfig = z.infer<typeof ConsoleConfig>;

import * as z from 'zod';
import { FunctionConfig } from '#shared/config.ts';

const milliseconds = z.coerce.number().int().positive();

export const RouterConfig = z.object({
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
  FIRST_SIGN_OF_LIFE_MS: milliseconds.max(2_000).default(1_500),
  SIGN_OF_LIFE_EVERY_MS: milliseconds.max(10_000).default(9_000),
});
export type RouterConfig = z.infer<typeof RouterConfig>;

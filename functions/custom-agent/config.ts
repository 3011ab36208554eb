import * as z from 'zod';
import { FunctionConfig } from '#shared/config.ts';

export const CustomAgentConfig = z.object({
  ...FunctionConfig,
  /** How long a caller may leave what we wrote unread before it counts as gone. */
  CALLER_READ_TIMEOUT_MS: z.coerce.number().int().positive().default(30_000),
  /** What the router shows to call us; nobody else may. */
  INTERNAL_SECRET: z.string().min(32, 'must have at least 32 characters'),
});
export type CustomAgentConfig = z.infer<typeof CustomAgentConfig>;

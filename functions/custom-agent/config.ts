import * as z from 'zod';
import { FunctionConfig } from '#shared/config.ts';
import { InternalSecret } from '#shared/credential/internal-secret.ts';

export const CustomAgentConfig = z.object({
  ...FunctionConfig,
  /** How long a caller may leave what we wrote unread before it counts as gone. */
  CALLER_READ_TIMEOUT_MS: z.coerce.number().int().positive().default(30_000),
  /** What the router shows to call us; nobody else may. */
  INTERNAL_SECRET: InternalSecret,
});
export type CustomAgentConfig = z.infer<typeof CustomAgentConfig>;

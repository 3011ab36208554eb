import * as z from 'zod';
import { FunctionConfig } from '#shared/config.ts';

export const CustomAgentConfig = z.object({
  ...FunctionConfig,
  /** What the router shows to call us; nobody else may. */
  INTERNAL_SECRET: z.string().min(32, 'must have at least 32 characters'),
});
export type CustomAgentConfig = z.infer<typeof CustomAgentConfig>;

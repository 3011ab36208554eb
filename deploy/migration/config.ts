import * as z from 'zod';
import { FunctionConfig } from '#shared/config.ts';

export const MigrationConfig = z.object({
  ...FunctionConfig,
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }),
});

import * as z from 'zod';
import { ConfigError } from '#shared/config.ts';
import type { Place } from './connection.ts';
import { type ModelBucket, ModelBuckets } from './model-buckets.ts';

/** The settings of object storage, for the function's own. */
export const BucketConfig = {
  /** Object storage that has models: a mirror, and plain GGUF files that requests may name. See docs/deploy.md. */
  MODEL_BUCKETS: ModelBuckets.default([]),
  /** How long object storage may take to begin an answer. */
  MODEL_BUCKET_TIMEOUT_MS: z.coerce.number().int().positive().default(30_000),
  /** A key for these buckets, where the function's role shall not have them. */
  MODEL_ACCESS_KEY_ID: z.string().optional(),
  MODEL_ACCESS_KEY_SECRET: z.string().optional(),
  /** Those of the function's role, as Function Compute gives them. */
  ALIBABA_CLOUD_ACCESS_KEY_ID: z.string().optional(),
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: z.string().optional(),
  ALIBABA_CLOUD_SECURITY_TOKEN: z.string().optional(),
};
type BucketConfig = z.infer<z.ZodObject<typeof BucketConfig>>;

export interface BucketSettings {
  buckets: readonly ModelBucket[];
  /** Absent where this place has none: then there are no buckets. */
  credentials: Place['credentials'] | undefined;
  timeoutMs: number;
}

/** @throws ConfigError when there are buckets, and nothing to open them with. */
export function bucketSettings(config: BucketConfig): BucketSettings {
  const credentials = credentialsOf(config);
  if (config.MODEL_BUCKETS.length > 0 && !credentials) {
    throw new ConfigError(
      'The configuration is not right:\n  MODEL_BUCKETS: the function has neither a role nor MODEL_ACCESS_KEY_ID and MODEL_ACCESS_KEY_SECRET',
    );
  }
  return { buckets: config.MODEL_BUCKETS, credentials, timeoutMs: config.MODEL_BUCKET_TIMEOUT_MS };
}

/** The operator's own pair, else that of the function's role. */
function credentialsOf(config: BucketConfig): Place['credentials'] | undefined {
  const { MODEL_ACCESS_KEY_ID, MODEL_ACCESS_KEY_SECRET } = config;
  if (MODEL_ACCESS_KEY_ID && MODEL_ACCESS_KEY_SECRET)
    return () => ({ accessKeyId: MODEL_ACCESS_KEY_ID, accessKeySecret: MODEL_ACCESS_KEY_SECRET });
  const { ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_SECURITY_TOKEN } =
    config;
  if (!ALIBABA_CLOUD_ACCESS_KEY_ID || !ALIBABA_CLOUD_ACCESS_KEY_SECRET) return undefined;
  return () => ({
    accessKeyId: ALIBABA_CLOUD_ACCESS_KEY_ID,
    accessKeySecret: ALIBABA_CLOUD_ACCESS_KEY_SECRET,
    ...(ALIBABA_CLOUD_SECURITY_TOKEN && { securityToken: ALIBABA_CLOUD_SECURITY_TOKEN }),
  });
}

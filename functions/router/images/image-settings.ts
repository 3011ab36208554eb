import { ConfigError } from '#shared/config.ts';
import type { RouterConfig } from '../config.ts';
import type { ImageSettings } from './images.ts';
import type { Credentials } from './object-store.ts';

/** @throws ConfigError when there are buckets, and nothing to read them with. */
export function imageSettings(config: RouterConfig): ImageSettings {
  const credentials = credentialsOf(config);
  if (config.IMAGE_BUCKETS.length > 0 && !credentials) {
    throw new ConfigError(
      'The configuration is not right:\n  IMAGE_BUCKETS: the function has neither a role nor IMAGE_ACCESS_KEY_ID and IMAGE_ACCESS_KEY_SECRET',
    );
  }
  return {
    buckets: config.IMAGE_BUCKETS,
    credentials,
    limitBytes: config.IMAGE_LIMIT_BYTES,
    callLimit: config.BODY_LIMIT_BYTES,
    timeoutMs: config.IMAGE_TIMEOUT_MS,
    parallel: config.IMAGE_PARALLEL_READS,
  };
}

/** The operator's own pair, else that of the function's role. */
function credentialsOf(config: RouterConfig): Credentials | undefined {
  const { IMAGE_ACCESS_KEY_ID, IMAGE_ACCESS_KEY_SECRET } = config;
  if (IMAGE_ACCESS_KEY_ID && IMAGE_ACCESS_KEY_SECRET)
    return { accessKeyId: IMAGE_ACCESS_KEY_ID, accessKeySecret: IMAGE_ACCESS_KEY_SECRET };
  const { ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_SECURITY_TOKEN } =
    config;
  if (!ALIBABA_CLOUD_ACCESS_KEY_ID || !ALIBABA_CLOUD_ACCESS_KEY_SECRET) return undefined;
  return {
    accessKeyId: ALIBABA_CLOUD_ACCESS_KEY_ID,
    accessKeySecret: ALIBABA_CLOUD_ACCESS_KEY_SECRET,
    ...(ALIBABA_CLOUD_SECURITY_TOKEN && { securityToken: ALIBABA_CLOUD_SECURITY_TOKEN }),
  };
}

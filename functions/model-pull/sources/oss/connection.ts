import type OSS from 'ali-oss';
import type { ModelBucket } from './model-buckets.ts';
import { asStoreError } from './store-error.ts';
import { transport } from './transport.ts';

interface Credentials {
  accessKeyId: string;
  accessKeySecret: string;
  securityToken?: string;
}

/** A bucket and what opens it. */
export interface Place {
  bucket: ModelBucket;
  /** Asked before each request: those of a role are temporary, and a large model takes longer. */
  credentials(): Credentials;
  /** How long it may take to begin an answer. */
  timeoutMs: number;
}

/**
 * A request to a bucket. It is the only place that loads `ali-oss`, which is large, when it is first needed.
 *
 * @throws StoreError, or the signal's reason.
 */
export async function ask<Answer>(
  place: Place,
  signal: AbortSignal,
  send: (client: OSS) => Promise<Answer>,
  timeoutMs = place.timeoutMs,
): Promise<Answer> {
  const { default: Client } = await import('ali-oss');
  signal.throwIfAborted();
  const options = { ...optionsOf(place), urllib: transport(signal, timeoutMs) };
  const client = new Client(options as OSS.Options);
  try {
    return await send(client);
  } catch (error) {
    signal.throwIfAborted();
    throw asStoreError(error);
  }
}

function optionsOf({ bucket: { name, region, endpoint }, credentials }: Place) {
  const { accessKeyId, accessKeySecret, securityToken } = credentials();
  const own = { accessKeyId, accessKeySecret, ...(securityToken && { stsToken: securityToken }) };
  return {
    ...own,
    bucket: name,
    region: `oss-${region}`,
    endpoint,
    // The older form is no longer taken from new accounts.
    authorizationV4: true,
    // A client lives for one request. Without these two it would print advice.
    refreshSTSToken: async () => ({ ...own, stsToken: securityToken ?? '' }),
    refreshSTSTokenInterval: Number.MAX_SAFE_INTEGER,
  };
}

import { GatewayError } from '#shared/errors.ts';
import { type ModelBucket, NEVER_IN_KEYS } from './model-buckets.ts';

export interface NamedObject {
  bucket: ModelBucket;
  key: string;
}

/** OSS takes no longer ones. */
const KEY_LIMIT_BYTES = 1023;

/**
 * The object that `oss://bucket/key` names; the key is taken as it stands, without escapes. It only names: where a
 * bucket is, the operator's settings say.
 *
 * @throws GatewayError `invalid_request` for every object that lies in no bucket for plain files.
 */
export function namedObject(address: string, buckets: readonly ModelBucket[], param = 'from'): NamedObject {
  const [, name, key = ''] = /^oss:\/\/([a-z0-9-]{3,63})\/(.+)$/s.exec(address) ?? [];
  // A bucket may be listed twice, each time with a prefix of its own.
  const bucket = isKey(key)
    ? buckets.find((each) => each.name === name && each.use.includes('gguf') && key.startsWith(each.prefix))
    : undefined;
  if (bucket) return { bucket, key };
  const message =
    'A file in object storage is named `oss://bucket/key`, in a bucket that the operator has listed for GGUF files.';
  throw new GatewayError('invalid_request', message, { param });
}

const isKey = (key: string) =>
  key.isWellFormed() &&
  Buffer.byteLength(key) <= KEY_LIMIT_BYTES &&
  // A folder is no file.
  !NEVER_IN_KEYS.test(`${key}/`);

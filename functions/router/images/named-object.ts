import type { ImageBucket } from './image-buckets.ts';

export interface NamedObject {
  bucket: ImageBucket;
  key: string;
}

/** No userinfo, no port, no backslash that some take for a slash; what follows `?` or `#` names nothing. */
const ADDRESS = /^https?:\/\/([a-z0-9.-]+)\/([^?#\\\s]+)(?:[?#]\S*)?$/i;
const ADDRESS_LIMIT = 4096;
/** OSS takes no longer ones. */
const KEY_LIMIT_BYTES = 1023;
const NEVER_IN_KEYS = /[\u0000-\u001f\u007f\\]/;

/**
 * The object that an address names, where the operator lets callers name it; undefined for every other address.
 *
 * The address is never asked for: it only names a bucket and a key, so that neither a redirect, nor a name
 * server, nor a signature of the caller's has a say. The key is decoded once, as the store does it.
 */
export function namedObject(address: string, buckets: readonly ImageBucket[]): NamedObject | undefined {
  const [, host = '', path = ''] = (address.length <= ADDRESS_LIMIT && ADDRESS.exec(address)) || [];
  const key = keyOf(path);
  if (key === undefined) return undefined;
  // A bucket may be named twice, each time with prefixes of its own.
  const bucket = buckets.find(
    ({ hosts, prefixes }) =>
      hosts.has(host.toLowerCase()) && prefixes.some((prefix) => key.startsWith(prefix)),
  );
  return bucket && { bucket, key };
}

function keyOf(path: string): string | undefined {
  if (/%2f|%5c/i.test(path)) return undefined;
  const key = decoded(path);
  if (key === undefined || !key.isWellFormed() || NEVER_IN_KEYS.test(key)) return undefined;
  if (Buffer.byteLength(key) > KEY_LIMIT_BYTES) return undefined;
  return key.split('/').some((part) => part === '' || part === '.' || part === '..') ? undefined : key;
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

import { Readable } from 'node:stream';
import type { BlobSource } from '../source.ts';
import type { Place } from './connection.ts';
import { headOf, type ObjectHead, readRange } from './read-object.ts';
import { failureOf, StoreError } from './store-error.ts';

/** One object, in the version in which it was first seen: a range of another is refused. */
export interface ObjectSource extends BlobSource {
  /**
   * Which version that is. What an earlier process has of another is of no use.
   *
   * @throws GatewayError `model_not_found`, `upstream_error`, `gateway_not_ready`.
   */
  version(signal: AbortSignal): Promise<{ etag: string; size: number }>;
}

/** @param thing what it is, for the caller, such as `oss://models/a.gguf`. */
export function objectSource(place: Place, key: string, thing: string): ObjectSource {
  let seen: ObjectHead | undefined;
  const version = async (signal: AbortSignal): Promise<ObjectHead> => {
    const head = seen ?? (await headOrFailure(place, key, thing, signal));
    // Of two who asked at once, the first says which version it is.
    seen ??= head;
    return seen;
  };
  return {
    version,
    size: async (signal) => (await version(signal)).size,
    async read(range, signal) {
      if (range.end === range.start) return Readable.from([]);
      const { etag } = await version(signal);
      return readRange(place, { key, range, etag, thing }, signal);
    },
  };
}

/** @throws GatewayError, or the signal's reason. */
export async function headOrFailure(
  place: Place,
  key: string,
  thing: string,
  signal: AbortSignal,
): Promise<ObjectHead> {
  try {
    const head = await headOf(place, key, signal);
    if (!head) throw new StoreError('missing', 'NoSuchKey');
    return head;
  } catch (error) {
    signal.throwIfAborted();
    throw failureOf(error, thing);
  }
}

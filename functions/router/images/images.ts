import { GatewayError } from '#shared/errors.ts';
import { imageTypeOf } from '#shared/protocol/image-type.ts';
import type { ImageBucket } from './image-buckets.ts';
import { namedObject } from './named-object.ts';
import type { Credentials, ObjectRead } from './object-store.ts';
import { Turns } from './turns.ts';

export interface ImageSettings {
  buckets: readonly ImageBucket[];
  /** Absent where this place has none: then nothing can be read. */
  credentials: Credentials | undefined;
  /** Of one image. */
  limitBytes: number;
  /** Of the images of one call together, in characters of base64: as much as a caller may send itself. */
  callLimit: number;
  timeoutMs: number;
  /** How many are read at once in this process. */
  parallel: number;
}

/** The images that callers name by an address in the operator's object storage. */
export class Images {
  readonly #settings: ImageSettings;
  readonly #turns: Turns;

  constructor(settings: ImageSettings) {
    this.#settings = settings;
    this.#turns = new Turns(settings.parallel);
  }

  /** Whether the operator lets callers name any. */
  get areOffered(): boolean {
    return this.#settings.buckets.length > 0;
  }

  get callLimit(): number {
    return this.#settings.callLimit;
  }

  /**
   * An image by its address, as base64.
   *
   * @param param the path of the field that has the address.
   * @throws GatewayError of the caller's fault when there is no image that it may name there, `gateway_not_ready`
   *   when the store does not give it now.
   */
  async read(address: string, param: string, signal: AbortSignal): Promise<string> {
    const { buckets, credentials, limitBytes, timeoutMs } = this.#settings;
    const object = namedObject(address, buckets);
    if (!object || !credentials) throw notAllowed(param);
    const read = await this.#turns.take(signal, async () => {
      const { readObject } = await import('./object-store.ts');
      return readObject(object, credentials, { bytes: limitBytes, timeoutMs, signal });
    });
    return this.#imageOf(read, param);
  }

  #imageOf(read: ObjectRead, param: string): string {
    switch (read.kind) {
      case 'read':
        if (!imageTypeOf(read.bytes)) throw noImage(param);
        return read.bytes.toString('base64');
      case 'too-large':
        throw tooLarge(`This image has more than ${this.#settings.limitBytes} bytes.`, param);
      case 'unreadable':
        throw unreadable(param, read.reason);
      case 'failed':
        throw storeAway(param, read.reason);
    }
  }
}

const notAllowed = (param: string) =>
  new GatewayError(
    'unsupported_parameter',
    'Images must be given as base64 data URLs, or by their address in object storage that the operator has named; no other address is fetched.',
    { param },
  );

/** Whether it is not there or not to be read, only our log says. */
const unreadable = (param: string, reason: string) =>
  new GatewayError('invalid_request', 'There is no image at this address that can be read.', {
    param,
    cause: new Error(`The object store said: ${reason}`),
  });

const noImage = (param: string) =>
  new GatewayError('invalid_request', 'At this address is no PNG, JPEG, GIF or WebP.', { param });

const storeAway = (param: string, reason: string) =>
  new GatewayError('gateway_not_ready', 'The image could not be fetched from object storage in time.', {
    param,
    retryAfterMs: 1_000,
    cause: new Error(`The object store: ${reason}`),
  });

export const tooLarge = (message: string, param: string) =>
  new GatewayError('request_too_large', message, { param });

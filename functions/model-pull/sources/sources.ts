import { GatewayError } from '#shared/errors.ts';
import type { ModelName } from '#shared/protocol/registry/model-name.ts';
import type { BucketSettings } from './oss/bucket-settings.ts';
import type { Place } from './oss/connection.ts';
import { mirrorSource } from './oss/mirror-source.ts';
import { mirrorOf } from './oss/model-buckets.ts';
import { namedObject } from './oss/named-object.ts';
import { type ObjectSource, objectSource } from './oss/object-source.ts';
import type { Registry } from './registry/registries.ts';
import { registrySource } from './registry/registry-source.ts';
import type { SigningKey } from './registry/signing-key.ts';
import type { Source } from './source.ts';

export interface SourceSettings {
  registries: readonly Registry[];
  buckets: BucketSettings;
  ollamaVersion: string;
  key: SigningKey;
  stallMs: number;
}

/** The places that models may come from: the operator's list, of which a request only chooses. */
export class Sources {
  readonly #settings: SourceSettings;

  constructor(settings: SourceSettings) {
    this.#settings = settings;
  }

  /** @throws GatewayError `invalid_request` for a registry or a mirror that there is not. */
  of(name: ModelName, source: 'registry' | 'mirror'): Source {
    return source === 'mirror'
      ? mirrorSource(name, this.mirror())
      : registrySource(name, this.#settings.registries, this.#settings);
  }

  /** A plain file, `oss://bucket/key`. @throws GatewayError `invalid_request` for one that may not be named. */
  file(address: string): ObjectSource {
    const { buckets, timeoutMs } = this.#settings.buckets;
    const { bucket, key } = namedObject(address, buckets, 'source');
    return objectSource({ bucket, credentials: this.#credentials(), timeoutMs }, key, address);
  }

  /** Where models are mirrored to. @throws GatewayError `invalid_request` without one. */
  mirror(): Place {
    const { buckets, timeoutMs } = this.#settings.buckets;
    const bucket = mirrorOf(buckets);
    if (bucket) return { bucket, credentials: this.#credentials(), timeoutMs };
    throw new GatewayError('invalid_request', 'This store has no mirror: MODEL_BUCKETS names none.', {
      param: 'source',
    });
  }

  /** Where there are buckets there is something to open them with: bucketSettings has seen to it. */
  #credentials(): Place['credentials'] {
    return this.#settings.buckets.credentials!;
  }
}

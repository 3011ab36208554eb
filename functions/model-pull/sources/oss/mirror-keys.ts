import { hexOf } from '#shared/protocol/registry/digest.ts';
import { type ModelName, modelPath } from '#shared/protocol/registry/model-name.ts';
import type { ModelBucket } from './model-buckets.ts';

/** The mirror is laid out as Ollama's own store, below the bucket's prefix. */
export const manifestKey = ({ prefix }: ModelBucket, name: ModelName): string =>
  `${prefix}manifests/${modelPath(name)}`;

export const blobKey = ({ prefix }: ModelBucket, digest: string): string =>
  `${prefix}blobs/sha256-${hexOf(digest)}`;

import { blobsOf } from '#shared/protocol/registry/manifest.ts';
import { shortName } from '#shared/protocol/registry/model-name.ts';
import { contextLengthOf, embeddingLengthOf, fileTypeOf } from '../gguf/gguf.ts';
import { capabilitiesOf } from './capabilities.ts';
import type { StoredModel } from './models.ts';

/** One entry of `/api/tags` (reference: ollama/api/types.go `ListModelResponse`). */
export interface Tag {
  name: string;
  model: string;
  modified_at: string;
  size: number;
  digest: string;
  details: ModelDetails & { context_length?: number; embedding_length?: number };
  capabilities: string[];
}

export interface ModelDetails {
  parent_model: string;
  format: string;
  family: string;
  families: string[] | null;
  parameter_size: string;
  quantization_level: string;
}

export function tagOf(model: StoredModel): Tag {
  const { config, gguf, stored } = model;
  const name = shortName(model.name);
  const context = config.context_length ?? (gguf && contextLengthOf(gguf));
  const embedding = config.embedding_length ?? (gguf && embeddingLengthOf(gguf));
  return {
    name,
    model: name,
    modified_at: stored.modifiedAt.toISOString(),
    size: blobsOf(stored.manifest).reduce((sum, { size }) => sum + size, 0),
    digest: stored.digest,
    details: {
      ...detailsOf(model),
      ...(context !== undefined && { context_length: context }),
      ...(embedding !== undefined && { embedding_length: embedding }),
    },
    capabilities: capabilitiesOf(model),
  };
}

export function detailsOf({ config, gguf, parent }: StoredModel): ModelDetails {
  const isUnknown = config.file_type === '' || config.file_type === 'unknown';
  return {
    parent_model: parent,
    format: config.model_format,
    family: config.model_family,
    families: config.model_families,
    parameter_size: config.model_type,
    quantization_level: isUnknown && gguf ? fileTypeOf(gguf) : config.file_type,
  };
}

/** The newest first, by whole seconds, as Ollama sorts. */
export const byAge = (one: Tag, other: Tag): number =>
  seconds(other) - seconds(one) || compare(one.name, other.name);

const seconds = ({ modified_at }: Tag) => Math.floor(Date.parse(modified_at) / 1000);
const compare = (one: string, other: string) => (one < other ? -1 : Number(one > other));

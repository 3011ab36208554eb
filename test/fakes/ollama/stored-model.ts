import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { type Blob, blobPath, namedBlobs, type StoredManifest } from './manifests.ts';
import { lookAtModelFile, whyItDoesNotLoad } from './model-file.ts';
import { completeModel, type FakeModel, type Model } from './models.ts';
import { shortName } from './names.ts';

/** What is kept of a model for as long as the process lives, by the digest of its manifest. */
export type Seen = Required<Pick<FakeModel, 'capabilities'>> &
  Pick<FakeModel, 'contextLength' | 'embeddingLength'>;

/** Layers whose text is read to describe a model: without one of them there is no model. */
const TEXTS = ['template', 'prompt', 'system', 'params', 'messages', 'license'];

const Config = z.looseObject({
  model_family: z.string().default('unknown'),
  model_type: z.string().default('unknown'),
  file_type: z.string().default('unknown'),
});
const Params = z.looseObject({ num_ctx: z.number().optional() });

/** Looks at the model file and the template. A file that is not there yet makes a model that can do nothing. */
export function lookAtModel(store: string, manifest: StoredManifest): Seen {
  const file = layerOf(manifest, 'model');
  const header = file && lookAtModelFile(blobPath(store, file.digest));
  if (!header) return { capabilities: [] };
  const architecture = header.get('general.architecture');
  const numberOf = (key: string) => {
    const value = header.get(`${architecture}.${key}`);
    return typeof value === 'number' ? value : undefined;
  };
  const contextLength = numberOf('context_length');
  const embeddingLength = numberOf('embedding_length');
  const goTemplate = textOf(store, layerOf(manifest, 'template')) ?? '';
  const chatTemplate = String(header.get('tokenizer.chat_template') ?? '');
  const capabilities: Seen['capabilities'] = [
    numberOf('pooling_type') === undefined ? 'completion' : 'embedding',
  ];
  const hasEyes = numberOf('vision.block_count') !== undefined || layerOf(manifest, 'projector');
  if (hasEyes) capabilities.push('vision');
  if (/\.Tools\b/.test(goTemplate) || /\btools\b/.test(chatTemplate)) capabilities.push('tools');
  if (/\.Suffix\b/.test(goTemplate)) capabilities.push('insert');
  if (/\.Thinking\b/.test(goTemplate) || chatTemplate.includes('<think>')) capabilities.push('thinking');
  return {
    capabilities,
    ...(contextLength && { contextLength }),
    ...(embeddingLength && { embeddingLength }),
  };
}

/** @returns undefined while a blob is missing that describes the model, or says nothing that can be read. */
export function storedModel(store: string, manifest: StoredManifest, seen: Seen): Model | undefined {
  const texts = new Map(TEXTS.map((kind) => [kind, layerOf(manifest, kind)]));
  const isWhole = [...texts.values()].every((layer) => !layer || textOf(store, layer) !== undefined);
  const config = manifest.config ? readJson(Config, textOf(store, manifest.config)) : Config.parse({});
  if (!isWhole || !config) return undefined;
  const numCtx = readJson(Params, textOf(store, texts.get('params')))?.num_ctx;
  const template = textOf(store, texts.get('template'));
  const file = layerOf(manifest, 'model')?.digest ?? '';
  return completeModel({
    ...seen,
    name: shortName(manifest.name),
    digest: manifest.digest,
    blob: file,
    family: config.model_family,
    parameterSize: config.model_type,
    quantizationLevel: config.file_type,
    sizeBytes: namedBlobs(manifest).reduce((sum, { size }) => sum + size, 0),
    modifiedAt: manifest.modifiedAt,
    loadFailure: () => whyItDoesNotLoad(blobPath(store, file), file),
    ...(numCtx && { numCtx }),
    ...(template !== undefined && { template }),
  });
}

const layerOf = ({ layers }: StoredManifest, kind: string): Blob | undefined =>
  layers.find(({ mediaType }) => mediaType === `application/vnd.ollama.image.${kind}`);

function textOf(store: string, blob: Blob | undefined): string | undefined {
  try {
    return blob && readFileSync(blobPath(store, blob.digest), 'utf8');
  } catch {
    return undefined;
  }
}

function readJson<T>(schema: z.ZodType<T>, text: string | undefined): T | undefined {
  try {
    return text === undefined ? undefined : schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

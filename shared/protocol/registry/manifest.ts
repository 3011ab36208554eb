import * as z from 'zod';
import { GatewayError } from '../../errors.ts';
import { DIGEST } from './digest.ts';

/** What a registry answers only when it is asked for exactly this (reference: ollama/ollama#769). */
export const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';

/** The prefix of all kinds of layers (reference: ollama/server/images.go `GetModel`). */
export const LAYER_PREFIX = 'application/vnd.ollama.image.';

/** A manifest has some ten layers and a few hundred bytes; more is no model that Ollama serves. */
const MOST_LAYERS = 128;
export const MANIFEST_LIMIT_BYTES = 1024 * 1024;

const Blob = z.looseObject({
  mediaType: z.string().max(200),
  digest: z.string().regex(DIGEST, 'is no sha256 digest'),
  size: z.int().min(0),
});
export type ManifestBlob = z.infer<typeof Blob>;

const Manifest = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.literal(MANIFEST_TYPE).optional(),
  // A model without a config has an empty digest there.
  config: z.union([Blob, z.looseObject({ digest: z.literal('') }).transform(() => undefined)]).optional(),
  layers: z.array(Blob).min(1).max(MOST_LAYERS),
});

export interface Manifest {
  config: ManifestBlob | undefined;
  layers: ManifestBlob[];
}

/** What is read into memory by whoever serves the model: texts and settings. */
const SMALL_LIMIT_BYTES = 16 * 1024 * 1024;

const LARGE = new Set(['model', 'projector', 'adapter', 'draft'].map((kind) => LAYER_PREFIX + kind));

/** Whether a layer is a file of weights, a GGUF. */
export const isLarge = ({ mediaType }: ManifestBlob): boolean => LARGE.has(mediaType);

/** Kinds that Ollama on Linux serves; `tensor` and `json` belong to models that only a Mac runs. */
const KINDS = new Set(
  [
    'model',
    'template',
    'prompt',
    'system',
    'params',
    'messages',
    'license',
    'projector',
    'adapter',
    'draft',
  ].map((kind) => LAYER_PREFIX + kind),
);

/**
 * Reads a manifest as one from a registry that means ill.
 *
 * @throws GatewayError `upstream_error` with what is wrong; nothing of it is to be used then.
 */
export function readManifest(bytes: Buffer): Manifest {
  if (bytes.length > MANIFEST_LIMIT_BYTES) throw refused('it is too large');
  const { data, error } = Manifest.safeParse(parsed(bytes));
  if (error) throw refused(problemOf(error));
  const { config, layers } = data;
  if (layers.some(({ mediaType }) => mediaType === `${LAYER_PREFIX}tensor`)) {
    throw refused('this model requires MLX support, which Ollama on Linux does not have');
  }
  const strange = layers.find(({ mediaType }) => !KINDS.has(mediaType));
  if (strange) throw refused(`it has a layer of an unknown kind, ${JSON.stringify(strange.mediaType)}`);
  if (!layers.some(({ mediaType }) => mediaType === `${LAYER_PREFIX}model`))
    throw refused('it names no model file');
  assertSizes(config ? [...layers, config] : layers);
  const bloated = blobsOf({ config, layers }).find((blob) => !isLarge(blob) && blob.size > SMALL_LIMIT_BYTES);
  if (bloated) throw refused(`its ${JSON.stringify(bloated.mediaType)} has ${bloated.size} bytes`);
  return { config, layers };
}

/** Every blob that a manifest names, each once: the layers in their order, the config last, as Ollama pulls them. */
export function blobsOf({ config, layers }: Manifest): ManifestBlob[] {
  const all = config ? [...layers, config] : layers;
  return [...new Map(all.map((blob) => [blob.digest, blob])).values()];
}

function assertSizes(blobs: readonly ManifestBlob[]): void {
  const sizes = new Map(blobs.map(({ digest, size }) => [digest, size]));
  if (blobs.some(({ digest, size }) => sizes.get(digest) !== size))
    throw refused('it gives one blob two sizes');
  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  if (!Number.isSafeInteger(total)) throw refused('its layers are larger than any disk');
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw refused('it is not JSON');
  }
}

const problemOf = (error: z.ZodError) => {
  const [issue] = error.issues;
  return issue ? `${issue.path.join('.') || 'it'}: ${issue.message}` : 'it is no manifest';
};

const refused = (problem: string) =>
  new GatewayError('upstream_error', `The manifest of this model cannot be used: ${problem}.`);
